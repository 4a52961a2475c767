import Synchronization

/// Answers one request, once, at once or later, from any thread. An answer given twice is ignored; a responder that is dropped
/// without an answer gives `HTTPFailure.noAnswer`.
package final class HTTPResponder: Sendable {
  private let deliver: Mutex<(@Sendable (HTTPResponse) -> Void)?>

  package init(_ deliver: @escaping @Sendable (HTTPResponse) -> Void) {
    self.deliver = Mutex(deliver)
  }

  package func respond(_ response: HTTPResponse) {
    let deliver = deliver.withLock { slot in
      defer { slot = nil }
      return slot
    }
    deliver?(response)
  }
}
