import RecordCodec

/// The members `format`, `columns` and `delimiter` of `event`.
struct FormatSection {
  static let words = WordList(built: ["json", "jsonl", "csv", "raw"], later: ["avro", "protobuf"])

  private(set) var format = RecordFormat.json
  /// What the other parts of the spec may name. All fields after a fault, so that one fault does not bring others.
  private(set) var fields = FieldRules.any

  init() {}

  init(_ event: ObjectReader) {
    guard let word = event.word("format", Self.words, default: "json") else { return }
    if word == "csv" {
      readColumns(event)
      return
    }
    event.refuse(
      ["columns", "delimiter"], "belongs to the format \"csv\", and this one is \"\(word)\"",
      suggestion: "\"format\": \"csv\", or remove it")
    switch word {
    case "jsonl": format = .jsonLines
    case "raw": (format, fields) = (.raw, .none)
    default: break
    }
  }

  private mutating func readColumns(_ event: ObjectReader) {
    let faults = event.faults
    let delimiter = Self.readDelimiter(event)
    guard event.required("columns", "required for \"csv\": the names of the columns, in their order") != nil,
      let list = event.list("columns", atMost: SpecLimits.maxColumns, of: "column names")
    else { return }
    var names: [String] = []
    var seen = Set<[UInt8]>()
    for (index, item) in list.enumerated() {
      let place = SpecText.pointer(event.place("columns"), String(index))
      // A column is named to be used, so its name must be one that other members can write.
      guard let name = ObjectReader.text(item, at: place, faults), FieldPathCheck.check(name, at: place, faults) != nil else { continue }
      if !seen.insert(Array(name.utf8)).inserted {
        faults.add(place, .duplicate, "another column has this name already", suggestion: "another name")
      }
      names.append(name)
    }
    format = .csv(columns: names, delimiter: delimiter)
    if names.count == list.count { fields = .columns(names) }
  }

  private static func readDelimiter(_ event: ObjectReader) -> UInt8 {
    let standard = UInt8(ascii: ",")
    guard event["delimiter"] != nil, let text = event.text("delimiter") else { return standard }
    let isAllowed = { (byte: UInt8) in byte == 0x09 || (0x20...0x7E).contains(byte) && byte != UInt8(ascii: "\"") }
    if text.utf8.count == 1, let byte = text.utf8.first, isAllowed(byte) { return byte }
    if text.isEmpty {
      event.faults.add(event.place("delimiter"), .empty, "must be one character", suggestion: ",")
    } else {
      event.faults.add(
        event.place("delimiter"), .badFormat, "must be one printable ASCII character or a tab, and no quote", suggestion: ",")
    }
    return standard
  }

  var normalized: [JSONValue.Member] {
    switch format {
    case .json: [.init("format", "json")]
    case .jsonLines: [.init("format", "jsonl")]
    case .raw: [.init("format", "raw")]
    case .csv(let columns, let delimiter):
      [
        .init("format", "csv"), .init("columns", .array(columns.map(JSONValue.string))),
        .init("delimiter", .string(String(decoding: [delimiter], as: UTF8.self))),
      ]
    }
  }
}
