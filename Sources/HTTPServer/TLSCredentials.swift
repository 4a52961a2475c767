import CMicroHTTPD

/// Certificate and key as the C strings that libmicrohttpd wants, which must stay where they are until it has stopped. Never
/// changed after `init`; hence @unchecked.
final class TLSCredentials: @unchecked Sendable {
  let certificate: UnsafePointer<CChar>
  let key: UnsafePointer<CChar>
  private let certificateText: UnsafeMutableBufferPointer<CChar>
  private let keyText: UnsafeMutableBufferPointer<CChar>

  init(_ tls: HTTPServerTLS) throws(HTTPServerError) {
    try Self.check(tls.certificateChain, has: "CERTIFICATE-----", "certificate")
    try Self.check(tls.privateKey, has: "PRIVATE KEY-----", "key")
    if Self.contains(tls.privateKey, "ENCRYPTED") {
      throw HTTPServerError(message: "the TLS key is encrypted with a password; decrypt it first, for example with 'openssl pkey'")
    }
    (certificateText, certificate) = Self.text(tls.certificateChain)
    (keyText, key) = Self.text(tls.privateKey)

    var reason = [CChar](repeating: 0, count: 256)
    guard penstock_mhd_check_tls(key, certificate, &reason, reason.count) == 0 else {
      let said = String(decoding: reason.prefix { $0 != 0 && $0 != 10 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
      throw HTTPServerError(message: "the TLS certificate and key cannot be used: \(said.isEmpty ? "no reason was given" : said)")
    }
  }

  deinit {
    keyText.deallocate()
    certificateText.deallocate()
  }

  /// GnuTLS says "base64 error" for either of the two and any fault; the common ones are told apart here.
  private static func check(_ bytes: [UInt8], has mark: String, _ name: String) throws(HTTPServerError) {
    guard !bytes.contains(0), contains(bytes, mark) else {
      throw HTTPServerError(message: "the TLS \(name) is not in PEM form (there is no line that ends in '\(mark)')")
    }
  }

  private static func contains(_ bytes: [UInt8], _ text: String) -> Bool {
    String(decoding: bytes, as: UTF8.self).contains(text)
  }

  private static func text(_ bytes: [UInt8]) -> (UnsafeMutableBufferPointer<CChar>, UnsafePointer<CChar>) {
    let start = UnsafeMutablePointer<CChar>.allocate(capacity: bytes.count + 1)
    for (index, byte) in bytes.enumerated() { (start + index).initialize(to: CChar(bitPattern: byte)) }
    (start + bytes.count).initialize(to: 0)
    return (UnsafeMutableBufferPointer(start: start, count: bytes.count + 1), UnsafePointer(start))
  }
}
