import CCurl

/// One transfer after another over connections that stay open, owned.
struct CurlHandle: ~Copyable {
  /// Gets what comes; false ends the transfer.
  typealias Taker = (_ status: Int, _ bytes: UnsafeRawBufferPointer) -> Bool

  /// What libcurl calls back with: a class, so that its address holds still.
  private final class Reception {
    let take: Taker
    let handle: UnsafeMutableRawPointer

    init(_ handle: UnsafeMutableRawPointer, _ take: @escaping Taker) {
      self.handle = handle
      self.take = take
    }
  }

  private let handle: UnsafeMutableRawPointer

  init() throws(ClientError) {
    if let why = penstock_curl_load() {
      throw .failed("libcurl is needed to talk to a server (Debian: apt-get install libcurl4): \(SafeText.line(String(cString: why)))")
    }
    guard let handle = penstock_curl_new() else { throw .failed("libcurl has no memory") }
    self.handle = handle
  }

  deinit { penstock_curl_free(handle) }

  /// Forgets all options; connections stay.
  func reset() { penstock_curl_reset(handle) }

  func set(_ option: CURLoption, _ text: String) throws(ClientError) { try check(penstock_curl_set_text(handle, option, text)) }

  func set(_ option: CURLoption, _ number: Int) throws(ClientError) { try check(penstock_curl_set_number(handle, option, number)) }

  func setBody(_ bytes: [UInt8]) throws(ClientError) { try check(penstock_curl_set_body(handle, bytes, bytes.count)) }

  /// Runs the transfer. The headers are in use until it ends.
  func perform(_ headers: borrowing CurlHeaders, _ take: Taker) throws(ClientError) -> CURLcode {
    try check(penstock_curl_set_headers(handle, headers.list))
    var outcome = CURLE_FAILED_INIT
    withoutActuallyEscaping(take) { take in
      let reception = Reception(handle, take)
      // Unretained: `reception` lives until the transfer has ended, and libcurl calls only from inside it.
      let context = Unmanaged.passUnretained(reception).toOpaque()
      outcome = penstock_curl_set_writer(handle, Self.writer, context)
      if outcome == CURLE_OK { outcome = penstock_curl_perform(handle) }
      withExtendedLifetime(reception) {}
    }
    letGo()
    return outcome
  }

  /// The content type of the last answer, without parameters.
  var contentType: String {
    guard let text = penstock_curl_content_type(handle) else { return "" }
    return String(String(cString: text).prefix { $0 != ";" && $0 != " " }).lowercased()
  }

  var status: Int { penstock_curl_status(handle) }

  /// Lets go of what lives no longer than one transfer.
  private func letGo() {
    _ = penstock_curl_set_headers(handle, nil)
    _ = penstock_curl_set_writer(handle, Self.nothing, nil)
  }

  private static let writer: curl_write_callback = { bytes, size, count, context in
    guard let context else { return 0 }
    let reception = Unmanaged<Reception>.fromOpaque(context).takeUnretainedValue()
    let taken = reception.take(penstock_curl_status(reception.handle), UnsafeRawBufferPointer(start: bytes, count: size * count))
    // Any other number than it was given ends the transfer; of nothing, 1 is another number.
    return taken ? size * count : (size * count == 0 ? 1 : 0)
  }

  private static let nothing: curl_write_callback = { _, size, count, _ in size * count }

  private func check(_ code: CURLcode) throws(ClientError) {
    guard code == CURLE_OK else { throw .failed("libcurl: \(String(cString: penstock_curl_describe(code)))") }
  }
}
