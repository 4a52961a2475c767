import Penstock
import Testing

@Suite struct EventKeyTests {
  @Test(
    "A key is rendered as in the results of a spec",
    arguments: [
      (EventKey.plain("atlas"), "atlas"), (.plain(""), ""), (.plain("a|b:c,d\\e"), "a|b:c,d\\e"), (.plain("a", "b"), "a|b"),
      (.plain("a|b", "c"), "a\\|b|c"), (.plain("", ""), "|"), (.session("42"), "session:42"), (.session("a:b", "c"), "session:a\\:b|c"),
      (.model("gpt"), "model:gpt"), (.user("ü"), "user:ü"), (.composite([]), "composite:"),
      (.composite([("tier", "go,ld"), ("region", "eu:1")]), "composite:region:eu\\:1,tier:go\\,ld"),
      (.composite([("a", "\\")]), "composite:a:\\\\"),
    ])
  func rendering(key: EventKey, text: String) {
    #expect(key.text == text)
  }

  @Test("Different parts never give the same key")
  func injective() {
    #expect(EventKey.plain("a|b", "c") != .plain("a", "b|c"))
    #expect(EventKey.plain("a\\", "b") != .plain("a\\|b"))
    #expect(EventKey.composite([("d", "1,e:2")]) != .composite([("d", "1"), ("e", "2")]))
  }

  @Test("The order in which dimensions are given makes no difference")
  func order() {
    #expect(EventKey.composite([("a", "1"), ("b", "2")]) == .composite([("b", "2"), ("a", "1")]))
  }
}
