/// The words that one member may hold: those that work, and those that are known but not built.
struct WordList {
  var built: [String]
  /// Built by a later version.
  var notYet: [String] = []
  /// Beyond the present plan.
  var later: [String] = []
  /// Not for specs, only for Swift programs that link the library.
  var library: [String] = []
  /// Words of other systems, and what to write instead.
  var meanings: [String: String] = [:]
  /// What to do instead of a word that is not built.
  var instead = ""

  /// The word, or nil with a fault.
  func check(_ text: String, at pointer: String, _ faults: FaultCollector) -> String? {
    if built.contains(text) { return text }
    let alternative = instead.isEmpty ? "there is \(SpecText.list(built))" : instead
    if notYet.contains(text) {
      faults.add(pointer, .notSupportedYet, "\"\(text)\" is not supported yet; \(alternative)")
    } else if later.contains(text) {
      faults.add(pointer, .notSupportedYet, "\"\(text)\" comes later and is not supported yet; \(alternative)")
    } else if library.contains(text) {
      faults.add(pointer, .notSupported, "\"\(text)\" is not supported in a spec: it is for Swift programs that link the library; \(alternative)")
    } else {
      let near = meanings[text] ?? NearestName.find(text, among: built + notYet + later)
      faults.add(pointer, .unknownValue, "unknown value \(SpecText.quoted(text)); known: \(SpecText.list(built))", suggestion: near)
    }
    return nil
  }
}
