import Glibc

/// A NULL-terminated array of C strings, for exec. It is never freed: the process that made it becomes another.
struct CStrings {
    /// The array.
    let pointers: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>

    /// Copies texts.
    init(_ texts: [String]) {
        pointers = .allocate(capacity: texts.count + 1)
        for (index, text) in texts.enumerated() { pointers[index] = strdup(text) }
        pointers[texts.count] = nil
    }
}
