import Fleet
import Testing

@testable import muster

@Suite struct PlanPrinterTests {
    static let plan = PlanView(
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

    @Test(arguments: [
        (PlanChange.Action.create, true), (.update, true), (.delete, true), (.unchanged, false), (.held, false),
    ])
    func onlyChangesArePending(action: PlanChange.Action, isPending: Bool) {
        let change = PlanChange(kind: "Model", name: "wine", action: action)
        #expect(PlanPrinter.isPending(PlanView(changes: [change], hosts: [])) == isPending)
    }

    @Test func movingHostsArePendingToo() {
        #expect(PlanPrinter.isPending(PlanView(changes: [], hosts: Self.plan.hosts)))
        #expect(!PlanPrinter.isPending(PlanView(changes: [], hosts: [])))
    }

    @Test func whatIsToBeTypedWorksAsItIs() {
        func command(_ removed: [String]) -> String {
            let hosts = removed.map { PlanHost(deployment: String($0.prefix(4)), host: $0, note: "no longer selected") }
            return PlanPrinter.command(for: PlanView(changes: [], hosts: Self.plan.hosts + hosts), files: "-f a -f b")
        }
        #expect(command([]) == "muster apply -f a -f b")
        #expect(command(["beer-1"]) == "muster apply -f a -f b", "one host of each deployment needs no leave")
        #expect(command(["beer-1", "beer-2"]) == "muster apply -f a -f b --allow-removal")
        #expect(command(["wine-2"]) == "muster apply -f a -f b --allow-removal")
    }

    @Test func applyingNamesTheNextStep() {
        let held = PlanChange(kind: "Deployment", name: "wine", action: .held, message: "held by ada: no")
        #expect(ApplyCommand.nextStep(after: [held]) == "\nNothing was stored for wine. See: muster hold list")
        #expect(ApplyCommand.nextStep(after: Self.plan.changes) == "\nTo follow it: muster rollout status wine -w")
        #expect(ApplyCommand.nextStep(after: [Self.plan.changes[0]]) == nil)
    }
}
