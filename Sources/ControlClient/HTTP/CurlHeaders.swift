import CCurl

/// Lines of a request's head, owned.
struct CurlHeaders: ~Copyable {
  private(set) var list: UnsafeMutablePointer<curl_slist>?

  /// nil without memory.
  init?(_ lines: [String]) {
    for line in lines {
      guard let longer = penstock_curl_add_header(list, line) else { return nil }
      list = longer
    }
  }

  deinit { penstock_curl_free_headers(list) }
}
