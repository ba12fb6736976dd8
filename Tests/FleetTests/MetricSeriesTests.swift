import Testing

@testable import Fleet

@Suite struct MetricSeriesTests {
    @Test(arguments: [
        ("a_total", "a_total"), ("vllm:num_requests_running", "vllm:num_requests_running"), ("_x9 {}", "_x9"),
        (#"a{code="500"}"#, #"a{code="500"}"#), (#"a { code != "500" , b = "" , } "#, #"a{code!="500",b=""}"#),
        (#"a{p="\"\\\n }{,"}"#, #"a{p="\"\\\n }{,"}"#), (#"a{p="é"}"#, #"a{p="é"}"#),
    ])
    func readsWhatPrometheusWrites(text: String, normal: String) throws {
        let series = try MetricSeries(text)
        #expect(series.description == normal)
        #expect(try MetricSeries(series.description) == series)
    }

    @Test(arguments: [
        ("", "does not begin"), ("9a", "does not begin"), ("é", "does not begin"),
        (#"{__name__="a"}"#, "does not begin"),
        ("a b", "goes on with 'b'"), ("sum(a)", "goes on with '(a)'"), ("a[5m]", "goes on"), ("a{", "names no label"),
        (#"a{b="c""#, "has no '}'"), (#"a{b="c" d="e"}"#, "has no '}'"), (#"a{b="c"}x"#, "goes on with 'x'"),
        (#"a{b=~"5.."}"#, "regular expression"), (#"a{b!~"5.."}"#, "regular expression"), ("a{b}", "neither = nor !="),
        ("a{b=c}", "no quotes around"), (#"a{b="c}"#, "no quote behind"), (#"a{b="c\""#, "no quote behind"),
        (#"a{b="\t"}"#, "backslash"), (#"a{9b="c"}"#, "names no label"), (#"a{b='c'}"#, "no quotes around"),
    ])
    func saysWhyATextIsNone(text: String, why: String) {
        #expect { try MetricSeries(text) } throws: { ($0 as? MetricSeries.Problem)?.message.contains(why) == true }
    }
}
