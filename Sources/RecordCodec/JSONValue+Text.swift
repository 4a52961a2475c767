/// Why a text is not a JSON document.
package struct JSONParseError: Error, Sendable, Equatable {
  /// For people, with the place: `line 3, column 7: expected ...`. Columns count characters, from 1.
  package var message: String
  package init(message: String) { self.message = message }
}

extension JSONValue {
  /// Parses one document: UTF-8, at most `maxDepth` levels deep (never more than 512), nothing but white space around it.
  ///
  /// A whole number that fits is an integer, any other a double, and a number beyond double is an error. Lone surrogates are
  /// an error too, so every string can be written again.
  package static func parse(_ bytes: [UInt8], maxDepth: Int = 64) throws(JSONParseError) -> JSONValue {
    var parser = JSONParser(bytes, maxDepth: maxDepth)
    return try parser.document()
  }

  /// The document as UTF-8 text; `pretty` indents by two blanks. Doubles get the shortest text that reads back as the same
  /// double; NaN and infinities, which no parsed document holds, become `null`.
  package func serialized(pretty: Bool = false) -> [UInt8] {
    var out: [UInt8] = []
    write(into: &out, indent: pretty ? 0 : nil)
    return out
  }

  /// `indent` is the nesting of this value, or nil for text without white space.
  private func write(into out: inout [UInt8], indent: Int?) {
    switch self {
    case .null: out += "null".utf8
    case .bool(let flag): out += (flag ? "true" : "false").utf8
    case .integer(let number): out += String(number).utf8
    case .double(let number):
      out += [UInt8](unsafeUninitializedCapacity: JSONText.maxNumberBytes) { buffer, count in
        count = JSONText.writeDouble(number, into: buffer.baseAddress!)
      }
    case .string(let text): JSONText.appendQuoted(text, to: &out)
    case .array(let items):
      Self.writeList(items, brackets: "[]", into: &out, indent: indent) { item, out, indent in
        item.write(into: &out, indent: indent)
      }
    case .object(let members):
      Self.writeList(members, brackets: "{}", into: &out, indent: indent) { member, out, indent in
        JSONText.appendQuoted(member.name, to: &out)
        out += (indent == nil ? ":" : ": ").utf8
        member.value.write(into: &out, indent: indent)
      }
    }
  }

  private static func writeList<Element>(
    _ elements: [Element], brackets: StaticString, into out: inout [UInt8], indent: Int?,
    _ writeElement: (Element, inout [UInt8], Int?) -> Void
  ) {
    out.append(brackets.utf8Start[0])
    let inner = indent.map { $0 + 1 }
    for (index, element) in elements.enumerated() {
      if index > 0 { out.append(UInt8(ascii: ",")) }
      breakLine(&out, inner)
      writeElement(element, &out, inner)
    }
    if !elements.isEmpty { breakLine(&out, indent) }
    out.append(brackets.utf8Start[1])
  }

  private static func breakLine(_ out: inout [UInt8], _ indent: Int?) {
    guard let indent else { return }
    out.append(0x0A)
    out += repeatElement(0x20, count: indent * 2)
  }
}
