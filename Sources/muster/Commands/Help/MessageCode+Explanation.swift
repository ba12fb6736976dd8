import Fleet

extension MessageCode {
    /// What `muster help errors WORD` prints: what it means, why it is so as a rule, and what helps.
    var explanation: String {
        switch self {
        case .invalid, .malformed, .unauthenticated, .forbidden, .notFound, .methodNotAllowed, .conflict,
            .removalNotAllowed, .tooLarge, .unsupportedMediaType, .rateLimited, .overloaded, .unavailable, .internal:
            ofTheAPI
        case .changedMeanwhile, .immutable, .inUse, .beingRemoved, .planChanged, .frozen, .notReady, .notConfirmed,
            .rolloutState, .stillConnected, .hostNotConnected,
            .hostSilent, .agentTooOld, .hostRefused, .nothingTaken, .lastAdmin, .tokenUseless, .keyReused, .keyInUse,
            .answerNotKept, .storeUnavailable, .storeDamaged:
            ofTheController
        case .unreachable, .untrusted, .unexpectedAnswer, .address, .localFile: ofTheClient
        case .usage, .noTerminal, .notLoggedIn, .unknownContext, .manifest, .editor, .editNotTaken, .nothingMatches,
            .nothingThere, .notPossible, .timeUp, .neverWill, .deletedMeanwhile, .followingEnded, .probe, .bundle,
            .auditBroken:
            ofTheCommandLine
        }
    }

    private var ofTheAPI: String {
        switch self {
        case .invalid:
            """
            What was sent is understood and wrong: a key, a value, a selector, a name that leads nowhere.
            Every problem is listed with its place; nothing was changed.
            Correct what is named and send it again. `muster schema KIND` knows the keys, `muster plan -f FILE` checks all.
            """
        case .malformed:
            """
            What was sent cannot be read at all: it is no JSON, or it was cut short on its way.
            From `muster` itself this means a connection that broke; from a program, a body that is not JSON.
            Send it again; if it stays so, look at the proxy between you and the controller.
            """
        case .unauthenticated:
            """
            The controller does not know the token: it expired, somebody revoked it, or it is of another controller.
            Ask an admin: `muster operator token list` shows names, roles and ends; `muster operator token create` makes one.
            Then: muster login URL --token - --authority sha256:…
            """
        case .forbidden:
            """
            Your token is good and its role does not allow this: viewer reads, oncall reads logs and rolls back too, operator
            applies, admin looks after tokens, labels and hosts.
            The hint names the least role that may. Nothing was changed.
            """
        case .notFound:
            """
            There is no object of that name, or nothing at that address of the API.
            Names are exact; the hint has the nearest one. `muster get TYPE` lists what there is, and `muster audit TYPE/NAME`
            says who deleted something. Of the API: compare the versions of client and controller.
            """
        case .methodNotAllowed:
            """
            The address exists in the API, but not with that method. The answer's `allow` header lists those that do.
            """
        case .conflict:
            """
            The object is in a state that does not allow this now: something runs already, has ended, or bears the name.
            The message says what stands in the way and who put it there. Nothing was changed.
            See where it stands: muster describe TYPE/NAME, muster explain TYPE/NAME.
            """
        case .removalNotAllowed:
            """
            This would stop replicas on more than one host, and nobody said that it may: the brake on removals.
            It comes from a narrower selector, a label that changes, or a delete. The deployments and hosts are listed.
            Look at `muster plan`; if it is meant, say --allow-removal.
            """
        case .tooLarge:
            """
            What was sent is larger than the bound that is named. A file or body holds at most 1 MiB and 500 documents.
            Split it: documents may be applied one after the other.
            """
        case .unsupportedMediaType:
            """
            The API takes JSON, and blobs of any type. Send content-type: application/json.
            """
        case .rateLimited:
            """
            One operator's token asks more often than the bound that is named. Nothing was changed; others are not affected.
            Ask again after the time in `retry-after`. A program that looks for changes watches instead: GET …/watch.
            """
        case .overloaded:
            """
            Too much at once: the bound that was reached is named. Nothing was changed.
            Ask again after the time in `retry-after`. If it goes on, somebody asks in a loop: the controller's log names
            the operator of every request.
            """
        case .unavailable:
            """
            The controller cannot do it now: it is stopping, or its disk cannot be written. Models serve on meanwhile.
            Ask again; if it goes on, look at the disk and the log of muster-controller.
            """
        default:
            """
            A defect of the controller. Its log has the error under the request's id (`x-request-id` of the answer).
            What was sent may be sent again: a change is stored whole or not at all.
            """
        }
    }

    private var ofTheController: String {
        switch self {
        case .changedMeanwhile:
            """
            Somebody changed the object after you read it, so your change was not stored: the message says who and when.
            Read it again (muster get TYPE/NAME -o yaml), look at the difference (muster diff -f FILE), and repeat the change.
            """
        case .immutable:
            """
            A model version never changes but for its labels: hosts prove what they run by its digest.
            Give the changed files or the changed probe a new version: muster model push DIR -f FILE.
            """
        case .inUse:
            """
            Something else needs the object; the first few are named. Delete or change those first.
            """
        case .beingRemoved:
            """
            A deployment of that name is being deleted: its replicas are drained and stopped first, on every host.
            A host that cannot be reached keeps it waiting. See: muster get deployments, muster explain deployment/NAME.
            """
        case .planChanged:
            """
            `apply --plan HASH` does just what the plan showed, and that is not what would happen now: the message says what
            differs and who changed it. Nothing was changed. Look at the new plan: muster plan -f FILE.
            """
        case .frozen:
            """
            The controller moves nothing: it was restored from a backup, or its hosts have seen more than its store knows.
            A person ends that on its machine, after looking at what would move: muster-controller thaw --data DIR.
            """
        case .notReady:
            """
            The deployment's policy asks that so many of its hosts could be rolled back (policy.rollout.minReadiness), and
            fewer could. The hosts are named; `muster get hosts -o wide` says what they lack.
            Mend them, or lower minReadiness if you accept that they cannot go back.
            """
        case .notConfirmed:
            """
            What cannot be undone is confirmed by repeating a name, and another one was given. Nothing was changed.
            The hint says what is to be repeated: --confirm NAME, or `confirm` in the API.
            """
        case .rolloutState:
            """
            The rollout cannot take that command where it stands: it has ended, is not paused, or waits for something else.
            See where it stands and what it takes: muster rollout status NAME.
            """
        case .stillConnected:
            """
            A host that is connected is not forgotten: nobody would look after what it serves.
            Stop its agent, or revoke it first: muster host revoke NAME --reason REASON.
            """
        case .lastAdmin:
            """
            Without this token nobody could make tokens any more. Make another admin's first:
            muster operator token create NAME --role admin
            """
        case .tokenUseless:
            """
            An enrolment token works once and for at most an hour; this one was used, is too old, was revoked, or is unknown.
            Make another: muster host token create --label …. What became of it: muster host token list.
            """
        case .keyReused:
            """
            A program sent an idempotency-key a second time, with another request. Nothing was changed.
            A key names one request: the same bytes to the same address. Give every request a random key of its own.
            """
        case .keyInUse:
            """
            The same request, by its idempotency-key, is being carried out at this moment. Send it again: once it is done
            the answer is that of the first.
            """
        case .answerNotKept:
            """
            A program sent a request again, with the same idempotency-key. What the first one changed is stored, so this one was
            not carried out; and the first one's answer is not kept: it showed a token, of which only the hash is kept, it
            failed after the change, or the controller was restarted since. See what was changed with muster audit. If the
            answer held a token, revoke what it made (muster operator token revoke NAME, muster host token revoke ID), and send
            the request with a new key.
            """
        case .hostNotConnected:
            """
            The host has no session with the controller, or lost it while it answered. What it runs goes on without one.
            See since when: muster describe host NAME. On the host: muster-agent status, and the agent's own log.
            """
        case .hostSilent:
            """
            The host has a session, and says nothing: it is overloaded, its agent hangs, or the network swallows what it says.
            Its lease lapses soon if that goes on. Look at it with muster top hosts, and ask again.
            """
        case .agentTooOld:
            """
            The muster-agent of the host is older than this command and does not offer it. Everything else works as ever.
            Install a newer muster-agent there; its replicas serve on meanwhile.
            """
        case .hostRefused:
            """
            The host was asked and says why it cannot answer: there is no log yet, or its lines say no times, for example.
            The message has its own words and what to do.
            """
        case .nothingTaken:
            """
            Whatever read the answer took nothing of it for five minutes (a pager, a stopped process), so the host stopped
            reading for it and its place went to others. Ask again, and let the output go to a file where it is to wait.
            """
        case .storeUnavailable:
            """
            The controller's database cannot be written or read now: a full, failing or read-only disk, or a newer controller
            owns it. Leases are kept and models serve on; changes are refused until it is mended.
            See to the disk of the controller's --data directory, then repeat the change.
            """
        default:
            """
            What the controller's database holds cannot be read. Nothing was changed.
            Keep the directory as it is, and restore the newest backup beside it: muster-controller restore. Hosts report
            what has happened since.
            """
        }
    }

    private var ofTheClient: String {
        switch self {
        case .unreachable:
            """
            Nobody answered at the controller's address, or the connection broke. Whether a change was made is not known:
            look before you repeat it (changes are whole or not at all, and applying the same again does nothing).
            Check that muster-controller runs, the address (muster context list) and the way there (port 7444).
            """
        case .untrusted:
            """
            Who answers is not the controller that was pinned at login. Nothing was sent.
            After a controller was set up anew this is right: log in again with its credentials. Otherwise somebody stands
            between you and it: do not log in.
            """
        case .unexpectedAnswer:
            """
            The answer is not one of a controller of this version: another program listens there, a proxy answered in its
            place, or the versions differ. Compare `muster --version` with the controller's (muster login prints it).
            """
        case .address:
            """
            The address is none of a controller: write it like https://muster.example.com:7444, without a path.
            """
        default:
            """
            A file on this machine cannot be read or written, or does not hold what it should. It is named.
            Check its name, its owner and its permissions.
            """
        }
    }
}
