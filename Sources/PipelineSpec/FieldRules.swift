import RecordCodec

/// Which fields the records have, as far as the format says.
enum FieldRules {
  case any
  /// The value of a record is not looked into.
  case none
  case columns([String])

  /// The path, or nil with a fault at `pointer`. `instead`: what to write where records have no fields.
  func path(_ text: String, at pointer: String, _ faults: FaultCollector, instead: String) -> FieldPath? {
    guard let path = FieldPathCheck.check(text, at: pointer, faults) else { return nil }
    switch self {
    case .any:
      return path
    case .none:
      faults.add(pointer, .conflict, "records of the format \"raw\" are not looked into, so they have no fields", suggestion: instead)
    case .columns(let names):
      if names.contains(where: { SpecText.sameBytes($0, text) }) { return path }
      if faults.isFull { return nil }
      faults.add(
        pointer, .unknownValue, "\(SpecText.quoted(text)) is none of the \(names.count) columns in event.columns",
        suggestion: NearestName.find(text, among: names))
    }
    return nil
  }
}
