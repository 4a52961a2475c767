import CCurl
import RecordCodec

/// Requests to one server, each with a deadline. No redirect is followed, so the token goes nowhere else.
struct HTTPClient: ~Copyable {
  private let handle: CurlHandle
  let settings: ClientSettings
  private let userAgent: String
  static let streamEnded = "the server ended the stream"

  init(_ settings: ClientSettings, version: String) throws(ClientError) {
    handle = try CurlHandle()
    self.settings = settings
    userAgent = "penstock/\(version)"
  }

  /// Any answer is an answer, also one that refuses.
  func send(_ request: ClientRequest) throws(ClientError) -> ClientAnswer {
    try prepare(request)
    try handle.set(CURLOPT_TIMEOUT_MS, request.deadlineSeconds * 1_000)
    var body: [UInt8] = []
    var isTooLarge = false
    let outcome = try handle.perform(headers(request, accept: "application/json")) { _, bytes in
      isTooLarge = body.count + bytes.count > ClientLimits.maxAnswerBytes
      if !isTooLarge { body += bytes }
      return !isTooLarge
    }
    if isTooLarge { throw .failed("the answer has more than \(ClientLimits.maxAnswerBytes >> 20) MiB") }
    guard outcome == CURLE_OK else { throw unreachable(outcome, deadlineSeconds: request.deadlineSeconds) }
    return ClientAnswer(status: handle.status, contentType: handle.contentType, body: body)
  }

  /// The same, but an answer without success is an error.
  func document(_ request: ClientRequest) throws(ClientError) -> JSONValue {
    let answer = try send(request)
    guard answer.isSuccess else { throw .refused(answer) }
    if answer.body.isEmpty { return .null }
    guard let document = answer.document else {
      throw foreign(answer.status)
    }
    return document
  }

  /// Reads an event stream until it ends or `take` returns false.
  ///
  /// - Returns: nil if `take` ended it, else what ended it; an answer without success is thrown.
  func stream(_ request: ClientRequest, _ take: (UnsafeRawBufferPointer) -> Bool) throws(ClientError) -> String? {
    try prepare(request)
    try handle.set(CURLOPT_LOW_SPEED_LIMIT, 1)
    try handle.set(CURLOPT_LOW_SPEED_TIME, ClientLimits.silenceSeconds)
    var refusal: [UInt8] = []
    var isDone = false
    let outcome = try handle.perform(headers(request, accept: "text/event-stream")) { status, bytes in
      if (200..<300).contains(status) {
        isDone = !take(bytes)
        return !isDone
      }
      refusal += bytes
      return refusal.count <= ClientLimits.maxEventBytes
    }
    if isDone { return nil }
    let status = handle.status
    if outcome == CURLE_OK || outcome == CURLE_WRITE_ERROR {
      if status != 200 { throw .refused(ClientAnswer(status: status, contentType: handle.contentType, body: refusal)) }
      guard handle.contentType == "text/event-stream" else { throw foreign(status) }
      return Self.streamEnded
    }
    if outcome == CURLE_COULDNT_CONNECT || outcome == CURLE_COULDNT_RESOLVE_HOST || status == 0 {
      throw unreachable(outcome, deadlineSeconds: ClientLimits.connectSeconds)
    }
    return SafeText.line(String(cString: penstock_curl_describe(outcome)))
  }

  private func prepare(_ request: ClientRequest) throws(ClientError) {
    handle.reset()
    try handle.set(CURLOPT_URL, settings.server.base + request.target)
    // As it stands: dots in a name are no folders.
    try handle.set(CURLOPT_PATH_AS_IS, 1)
    try handle.set(CURLOPT_PROTOCOLS_STR, "http,https")
    try handle.set(CURLOPT_USERAGENT, userAgent)
    try handle.set(CURLOPT_CONNECTTIMEOUT_MS, ClientLimits.connectSeconds * 1_000)
    if settings.server.isLoopback { try handle.set(CURLOPT_PROXY, "") }
    if let file = settings.certificateFile { try handle.set(CURLOPT_CAINFO, file) }
    if let body = request.body {
      try handle.setBody(body.serialized())
    } else if request.method == "POST" || request.method == "PUT" {
      try handle.setBody([])
    }
    if request.method != "GET" { try handle.set(CURLOPT_CUSTOMREQUEST, request.method) }
  }

  private func headers(_ request: ClientRequest, accept: String) throws(ClientError) -> CurlHeaders {
    // Empty ones take out what libcurl would add by itself.
    var lines = ["Accept: \(accept)", "Expect:", request.body == nil ? "Content-Type:" : "Content-Type: application/json"]
    if let token = settings.token { lines.append("Authorization: Bearer \(token)") }
    lines += request.headers.map { "\($0.name): \($0.value)" }
    guard let headers = CurlHeaders(lines) else { throw .failed("there is no memory") }
    return headers
  }

  private func foreign(_ status: Int) -> ClientError {
    .failed("\(settings.server.base) answers, but not as penstock does (status \(status), \(SafeText.line(handle.contentType)))")
  }

  /// What it means for the user that the server could not be talked to.
  private func unreachable(_ code: CURLcode, deadlineSeconds: Int) -> ClientError {
    let server = settings.server
    let other = "another address goes into --server or PENSTOCK_SERVER"
    let why = SafeText.line(String(cString: penstock_curl_describe(code)))
    switch code {
    case CURLE_COULDNT_CONNECT:
      return .unreachable("nothing answers at \(server.base); is the daemon running (penstock serve)? If it is elsewhere: \(other)")
    case CURLE_COULDNT_RESOLVE_HOST: return .unreachable("the host of \(server.base) is not known; \(other)")
    case CURLE_OPERATION_TIMEDOUT:
      return .unreachable(
        "no answer from \(server.base) in time (\(ClientLimits.connectSeconds) s to connect, \(deadlineSeconds) s in all); its log or GET /livez may say why")
    case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CACERT_BADFILE:
      return .unreachable("the certificate of \(server.base) is not trusted (\(why)); --ca-file FILE names the certificates to trust")
    case CURLE_SSL_CONNECT_ERROR: return .unreachable("no TLS with \(server.base) (\(why)); a daemon without --tls-cert is reached by http://")
    case CURLE_GOT_NOTHING, CURLE_RECV_ERROR, CURLE_SEND_ERROR, CURLE_UNSUPPORTED_PROTOCOL, CURLE_WEIRD_SERVER_REPLY:
      let tls = server.isSecure ? "" : "; a daemon with --tls-cert is reached by https://"
      return .unreachable("no proper answer from \(server.base) (\(why))\(tls)")
    case CURLE_URL_MALFORMAT: return .unreachable("\(server.base) is no address (\(why)); \(other)")
    default: return .unreachable("the exchange with \(server.base) failed: \(why)")
    }
  }
}
