package import Arguments

/// Why a verb did not do what was asked for.
package enum ClientError: Error, Sendable {
  /// Exit code 2.
  case usage(UsageError)
  /// Exit code 1.
  case failed(String)
  /// The server answered, but not with success: exit code 1.
  case refused(ClientAnswer)
  /// Exit code 3.
  case unreachable(String)

  package var exitCode: Int32 {
    switch self {
    case .failed, .refused: 1
    case .usage: 2
    case .unreachable: 3
    }
  }
}
