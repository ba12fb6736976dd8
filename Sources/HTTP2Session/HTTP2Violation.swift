/// A rule or a limit that the peer broke; the owner counts them by kind.
package enum HTTP2Violation: String, Sendable, Hashable, CaseIterable {
    /// More streams at once than offered: REFUSED_STREAM before our SETTINGS are acknowledged, GOAWAY afterwards.
    case concurrentStreams
    /// A header list larger than the limit; its stream is answered by the owner, the connection lives.
    case headerList
    /// A frame larger than allowed: GOAWAY FRAME_SIZE_ERROR.
    case frameSize
    /// More bytes than the window allowed: FLOW_CONTROL_ERROR.
    case flowControl
    /// A header block that cannot be decoded: GOAWAY COMPRESSION_ERROR.
    case compression
    /// Fields that break RFC 9113 §8, a body that contradicts `content-length`: RST_STREAM PROTOCOL_ERROR.
    case malformedMessage
    /// Any other broken rule of RFC 9113: GOAWAY with its code.
    case protocolError
    /// The first bytes were not HTTP/2.
    case badPreface
    /// Floods, each answered with GOAWAY ENHANCE_YOUR_CALM.
    case resetFlood
    case settingsFlood
    case pingFlood
    case continuationFlood
    case emptyDataFlood
    case ignoredFrameFlood
    /// Acknowledgements pile up because the peer does not read them.
    case acknowledgementFlood
}
