package import Arguments
import Glibc

/// What every verb that talks to a server needs to know.
package struct ClientSettings: Sendable, Equatable {
  package var server: ServerAddress
  package var token: String?
  package var certificateFile: String?

  /// - Parameter environment: the value of a variable; an empty one counts as absent.
  package init(_ arguments: ParsedArguments, environment: (String) -> String? = Self.variable) throws(UsageError) {
    if let given = arguments["server"] {
      server = try ServerAddress(given, source: "--server")
    } else if let given = environment("PENSTOCK_SERVER"), !given.isEmpty {
      server = try ServerAddress(given, source: "PENSTOCK_SERVER")
    } else {
      server = try ServerAddress(ServerAddress.standard, source: "the default")
    }
    if let path = arguments["token-file"] {
      token = try Self.token(path, option: "--token-file")
    } else if let path = environment("PENSTOCK_TOKEN_FILE"), !path.isEmpty {
      token = try Self.token(path, option: "PENSTOCK_TOKEN_FILE")
    }
    if let path = arguments["ca-file"] {
      guard access(path, R_OK) == 0 else { throw UsageError("--ca-file \(path): \(String(cString: strerror(errno)))") }
      guard server.isSecure else { throw UsageError("--ca-file goes with a server of https://, and this one is \(server.base)") }
      certificateFile = path
    }
  }

  package static func variable(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }

  private static func token(_ path: String, option: String) throws(UsageError) -> String {
    switch InputFile.read(path, limit: ClientLimits.maxTokenFileBytes) {
    case .bytes(let bytes): return try TokenFile.token(in: String(decoding: bytes, as: UTF8.self), source: "\(option) \(path)")
    case .failed(let why): throw UsageError("\(option) \(path): \(why)")
    case .tooLarge: throw UsageError("\(option) \(path) is no file of tokens: it has more than \(ClientLimits.maxTokenFileBytes) bytes")
    }
  }
}
