import Fleet

/// Where a host can stand, in a word that is painted.
protocol TonedWord: CountedWord {
    /// How it is painted.
    var tone: TextStyle.Tone { get }
}

extension HostCounts where Word: TonedWord {
    /// `17 verified, 3 moving`.
    func text(style: TextStyle) -> String {
        Word.reading.filter { self[$0] > 0 }.map { word in
            style.paint("\(self[word]) \(word.words)", word.tone)
        }.joined(separator: ", ")
    }
}
