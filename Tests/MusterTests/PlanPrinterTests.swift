import Fleet
import Testing

@testable import muster

@Suite struct PlanPrinterTests {
    static let plan = PlanView(
        hash: "1-a-b",
        changes: [
            PlanChange(kind: "Runtime", name: "mlserver", action: .unchanged),
            PlanChange(kind: "Deployment", name: "wine", action: .update, message: "content: version 1.0.0 → 2.0.0"),
        ],
        hosts: [
            PlanHost(
                deployment: "wine",
                host: "lyon-1",
                wave: 0,
                from: Samples.revision(1, "1.0.0"),
                to: Samples.revision(2, "2.0.0"),
                gap: "about 15s",
                drain: .seconds(30),
                fetchBytes: 1536
            ),
            PlanHost(
                deployment: "wine",
                host: "ulm-1",
                wave: nil,
                from: Samples.revision(1, "1.0.0"),
                note: "unreachable"
            ),
        ]
    )

    @Test func aPlanShowsEveryHost() {
        #expect(
            PlanPrinter.text(Self.plan, style: .none) == """
                = Runtime/mlserver unchanged
                ~ Deployment/wine update: content: version 1.0.0 → 2.0.0

                DEPLOYMENT  HOST    WAVE  FROM       TO         GAP        FETCH    NOTE
                wine        lyon-1  1     1.0.0 (1)  2.0.0 (2)  about 15s  1.5 KiB  -
                wine        ulm-1   -     1.0.0 (1)  removed    none       -        unreachable

                Open connections drain for up to 30s; a rollback cuts them after 1s: pooled clients need one retry.
                """
        )
    }

    /// 25 hosts: 1 in the first wave, 22 in the second, of which 2 cannot be reached, and 2 that are removed.
    static let longPlan = PlanView(
        hash: "1-a-b",
        changes: [PlanChange(kind: "Deployment", name: "wine", action: .update)],
        hosts: (0..<25).map { number in
            PlanHost(
                deployment: "wine",
                host: "host-\(number + 10)",
                wave: number > 22 ? nil : number == 7 ? 0 : 1,
                from: Samples.revision(1, "1.0.0"),
                to: number > 22 ? nil : Samples.revision(2, "2.0.0"),
                gap: number > 22 ? "stops for good" : nil,
                fetchBytes: number > 22 ? nil : 1024,
                note: number == 20 || number == 21 ? "unreachable" : nil
            )
        }
    )

    @Test func aLongPlanCountsItsHosts() {
        let text = PlanPrinter.text(Self.longPlan.shortened, style: .none)
        #expect(
            text.hasPrefix(
                """
                ~ Deployment/wine update

                DEPLOYMENT  WAVE  HOSTS  FROM       TO         GAP             FETCH     NOTED
                wine        1     1      1.0.0 (1)  2.0.0 (2)  none            1.0 KiB   -
                wine        2     22     1.0.0 (1)  2.0.0 (2)  none            22.0 KiB  2
                wine        -     2      1.0.0 (1)  removed    stops for good  -         -

                20 of 25 hosts; for every one say --all:
                DEPLOYMENT  HOST     WAVE  FROM       TO         GAP   FETCH    NOTE
                wine        host-17  1     1.0.0 (1)  2.0.0 (2)  none  1.0 KiB  -
                """
            )
        )
        #expect(text.contains("host-30") && text.contains("host-31"), "hosts with a note are among the first")
        #expect(!PlanPrinter.text(Self.longPlan, style: .none).contains("--all"), "one that lists all needs no counts")
    }

    @Test func whatIsNotListedCountsToo() {
        var short = Self.longPlan.shortened
        #expect(short.hosts.count == 20 && short.size == 25)
        #expect(short.hosts.allSatisfy { $0.to != nil })
        #expect(PlanPrinter.command(for: short, options: "-f a") == "muster apply -f a --allow-removal")
        short.hosts = []
        #expect(PlanPrinter.isPending(short))
        #expect(Self.plan.shortened.hosts.count == Self.plan.hosts.count, "a short plan is listed whole")
    }

    @Test(arguments: [
        (PlanChange.Action.create, true), (.update, true), (.delete, true), (.unchanged, false), (.held, false),
    ])
    func onlyChangesArePending(action: PlanChange.Action, isPending: Bool) {
        let change = PlanChange(kind: "Model", name: "wine", action: action)
        #expect(PlanPrinter.isPending(PlanView(hash: "1-a-b", changes: [change], hosts: [])) == isPending)
    }

    @Test func movingHostsArePendingToo() {
        #expect(PlanPrinter.isPending(PlanView(hash: "1-a-b", changes: [], hosts: Self.plan.hosts)))
        #expect(!PlanPrinter.isPending(PlanView(hash: "1-a-b", changes: [], hosts: [])))
    }

    @Test func whatIsToBeTypedWorksAsItIs() {
        func command(_ removed: [String]) -> String {
            let hosts = removed.map { PlanHost(deployment: String($0.prefix(4)), host: $0, note: "no longer selected") }
            return PlanPrinter.command(
                for: PlanView(hash: "1-a-b", changes: [], hosts: Self.plan.hosts + hosts),
                options: "-f a -f b"
            )
        }
        #expect(command([]) == "muster apply -f a -f b")
        #expect(command(["beer-1"]) == "muster apply -f a -f b --allow-removal", "it is the second host")
        #expect(command(["wine-2"]) == "muster apply -f a -f b --allow-removal")
    }

    @Test func applyingNamesTheNextStep() {
        let held = PlanChange(kind: "Deployment", name: "wine", action: .held, message: "held by ada: no")
        #expect(ApplyCommand.nextStep(after: [held]) == "\nNothing was stored for wine. See: muster hold list")
        let quiet = PlanChange(kind: "Deployment", name: "beer", action: .update, startsRollout: false)
        #expect(
            ApplyCommand.nextStep(after: [quiet])
                == "\nNo rollout begins with it. To see where it stands: muster explain deployment/beer"
        )
        let moving = PlanChange(kind: "Deployment", name: "wine", action: .update, startsRollout: true)
        #expect(ApplyCommand.nextStep(after: [quiet, moving]) == "\nTo follow it: muster rollout status wine -w")
        #expect(ApplyCommand.nextStep(after: [Self.plan.changes[0]]) == nil)
    }
}
