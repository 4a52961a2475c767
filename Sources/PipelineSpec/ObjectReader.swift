import RecordCodec

/// Reads one object of the document. What is wrong goes to the collector and a harmless value is returned in its place, so
/// that the reading goes on and finds the other faults; nobody uses the values once there is a fault.
struct ObjectReader {
  let pointer: String
  let faults: FaultCollector
  private let members: [JSONValue.Member]

  /// nil, with a fault, if the value is no object. Duplicate members are faults; unknown ones are once `refuseOthers` runs.
  init?(_ value: JSONValue, at pointer: String, _ faults: FaultCollector) {
    guard case .object(let members) = value else {
      faults.add(pointer, .wrongType, "must be an object, not \(SpecText.typeName(value))")
      return nil
    }
    self.pointer = pointer
    self.faults = faults
    self.members = members
    var seen = Set<String>()
    for member in members where !seen.insert(member.name).inserted {
      faults.add(SpecText.pointer(pointer, member.name), .duplicateMember, "this member stands here more than once", suggestion: "keep one")
    }
  }

  /// A fault for each member that is not in `known`; `later` holds names that are known but not built, with what to say, and
  /// `elsewhere` names that have another place, which is then suggested.
  func refuseOthers(known: [String], later: [String: String] = [:], elsewhere: [String: String] = [:]) {
    for member in members where !known.contains(member.name) {
      if faults.isFull { return }
      let place = SpecText.pointer(pointer, member.name)
      if let why = later[member.name] {
        faults.add(place, .notSupportedYet, why)
      } else {
        let near = elsewhere[member.name] ?? NearestName.find(member.name, among: known)
        faults.add(
          place, .unknownMember, "unknown member \(SpecText.quoted(member.name)); known here: \(SpecText.list(known))",
          suggestion: near)
      }
    }
  }

  /// The members as they stand, duplicates included.
  var all: [JSONValue.Member] { members }

  func place(_ name: String) -> String { SpecText.pointer(pointer, name) }

  subscript(_ name: String) -> JSONValue? { members.first { $0.name == name }?.value }

  /// The member, or a fault `missing`.
  func required(_ name: String, _ detail: String, suggestion: String? = nil) -> JSONValue? {
    if let value = self[name] { return value }
    faults.add(place(name), .missing, detail, suggestion: suggestion)
    return nil
  }

  /// The member as an object; nil if it is absent or wrong.
  func object(_ name: String) -> ObjectReader? {
    self[name].flatMap { ObjectReader($0, at: place(name), faults) }
  }

  /// The member as a string; nil if it is absent or wrong.
  func text(_ name: String) -> String? {
    self[name].flatMap { Self.text($0, at: place(name), faults) }
  }

  static func text(_ value: JSONValue, at pointer: String, _ faults: FaultCollector) -> String? {
    if case .string(let text) = value { return text }
    faults.add(pointer, .wrongType, "must be a string, not \(SpecText.typeName(value))")
    return nil
  }

  /// The member as a list that is not empty; nil if it is absent or wrong.
  func list(_ name: String, atMost limit: Int, of what: String) -> [JSONValue]? {
    guard let value = self[name] else { return nil }
    guard case .array(let items) = value else {
      faults.add(place(name), .wrongType, "must be a list of \(what), not \(SpecText.typeName(value))")
      return nil
    }
    if items.isEmpty {
      faults.add(place(name), .empty, "must not be empty: a list of \(what)")
      return nil
    }
    if items.count > limit {
      faults.add(place(name), .outOfRange, "holds \(items.count) \(what), more than \(limit)")
      return nil
    }
    return items
  }

  /// The member as an integer within `range`, or `standard` where it is absent. `standard` nil makes it required.
  func integer(_ name: String, in range: ClosedRange<Int64>, default standard: Int64?) -> Int64 {
    let harmless = standard ?? range.lowerBound
    guard let value = self[name] else {
      if standard == nil {
        faults.add(place(name), .missing, "required: an integer from \(range.lowerBound) to \(range.upperBound)")
      }
      return harmless
    }
    switch value {
    case .integer(let number) where range.contains(number):
      return number
    case .integer:
      faults.add(place(name), .outOfRange, "must be from \(range.lowerBound) to \(range.upperBound)")
    case .double(let number) where number.magnitude >= 0x1p63:
      faults.add(place(name), .outOfRange, "must be from \(range.lowerBound) to \(range.upperBound)")
    case .string(let text) where Int64(text).map(range.contains) == true:
      faults.add(place(name), .wrongType, "must be an integer, not a string", suggestion: "\(text), without quotes")
    default:
      faults.add(
        place(name), .wrongType, "must be written as an integer such as \(harmless), not \(SpecText.typeName(value))")
    }
    return harmless
  }

  /// The member as a boolean; nil if it is absent or wrong.
  func flag(_ name: String) -> Bool? {
    guard let value = self[name] else { return nil }
    if case .bool(let flag) = value { return flag }
    faults.add(place(name), .wrongType, "must be true or false, not \(SpecText.typeName(value))")
    return nil
  }

  /// A conflict for each of `names` that is there.
  func refuse(_ names: [String], _ why: String, suggestion: String) {
    for name in names where self[name] != nil { faults.add(place(name), .conflict, why, suggestion: suggestion) }
  }

  /// The member as one of the words, or `standard` where it is absent; nil after a fault. `standard` nil makes it required.
  func word(_ name: String, _ words: WordList, default standard: String?) -> String? {
    guard let value = self[name] else {
      if standard == nil {
        faults.add(place(name), .missing, "required: \(SpecText.list(words.built))")
      }
      return standard
    }
    guard let text = Self.text(value, at: place(name), faults) else { return nil }
    return words.check(text, at: place(name), faults)
  }
}
