/// How long a request's body is, where two readers could disagree (RFC 9112 6.3). libmicrohttpd 0.9.75 accepts all of these, even
/// when strict; a proxy in front of us that reads them the other way would let a second request hide in the body of the first.
enum HTTPFraming {
  /// Why the headers do not say how long the body is; nil when they do.
  static func fault(in headers: [(name: String, value: String)]) -> String? {
    let lengths = values(of: "content-length", in: headers)
    let encodings = values(of: "transfer-encoding", in: headers)
    if !lengths.isEmpty && !encodings.isEmpty { return "Content-Length and Transfer-Encoding exclude each other" }
    if Set(lengths).count > 1 { return "two Content-Length headers differ" }
    if let length = lengths.first, !isNumber(length) { return "Content-Length is not a number" }
    if encodings.count > 1 { return "there is more than one Transfer-Encoding" }
    if let encoding = encodings.first, encoding.lowercased() != "chunked" {
      return "the only Transfer-Encoding that is understood is chunked"
    }
    return nil
  }

  /// nil without the header; a number too large for 64 bits is the largest.
  static func contentLength(in headers: [(name: String, value: String)]) -> UInt64? {
    guard let text = values(of: "content-length", in: headers).first, isNumber(text) else { return nil }
    return UInt64(text) ?? .max
  }

  private static func isNumber(_ text: String) -> Bool {
    !text.isEmpty && text.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
  }

  private static func values(of name: String, in headers: [(name: String, value: String)]) -> [String] {
    headers.filter { $0.name.lowercased() == name }.map { header in
      String(header.value.drop { $0 == " " || $0 == "\t" }.reversed().drop { $0 == " " || $0 == "\t" }.reversed())
    }
  }
}
