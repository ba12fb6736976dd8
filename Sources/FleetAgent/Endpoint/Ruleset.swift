/// The kernel's whole set of nftables rules.
enum Ruleset {
    /// A number that every change of any rule moves on, whoever makes it; `nil` when the kernel does not say.
    ///
    /// It costs some microseconds: NFT_MSG_GETGEN of linux/netfilter/nf_tables.h.
    static var generation: UInt32? {
        let subsystem: UInt16 = 10
        let getGeneration: UInt16 = 16
        let payload: [UInt8] = [0, 0, 0, 0]
        guard let answer = try? Netlink.ask(.netfilter, type: subsystem << 8 | getGeneration, payload).first else {
            return nil
        }
        // nfgenmsg, then attributes: length, type, value in network order.
        var rest = answer.dropFirst(4)
        while rest.count >= 8 {
            let head = Netlink.word(rest, 0)
            let length = Int(head & 0xFFFF)
            if head >> 16 == 1 { return Netlink.word(rest, 4).byteSwapped }
            guard length >= 4 else { return nil }
            rest = rest.dropFirst((length + 3) & ~3)
        }
        return nil
    }
}
