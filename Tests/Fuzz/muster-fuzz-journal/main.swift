import FuzzDriver
import FuzzJournal

LibFuzzer.run { bytes, count in
    JournalFuzz.run(UnsafeRawBufferPointer(start: bytes, count: count))
    return 0
}
