import Fleet
import StoreDriver

extension FleetWriter {
    /// Keeps that the change's request was carried out, where it bears a mark and has changed something. A request that needs
    /// several transactions is kept with the first of them.
    func keepRequest() throws {
        guard let mark = change.request, head.isAdvanced else { return }
        let oldest = Instant(milliseconds: change.now.milliseconds - RequestMark.lifetime.milliseconds)
        try transaction.execute("DELETE FROM request_mark WHERE at < ?", [.instant(oldest)])
        try transaction.execute(
            """
            INSERT INTO request_mark (sequence, name, request, at)
            SELECT coalesce(max(sequence), 0) + 1, ?, ?, ? FROM request_mark WHERE true
            ON CONFLICT (name) DO NOTHING
            """,
            [.digest(mark.name), .digest(mark.request), .instant(change.now)]
        )
        try transaction.execute(
            "DELETE FROM request_mark WHERE sequence <= (SELECT max(sequence) FROM request_mark) - ?",
            [.int(RequestMark.limit)]
        )
    }
}
