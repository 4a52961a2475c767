import Foundation

/// A certificate for localhost made by openssl, in a directory of its own that goes with this object.
final class TLSFiles {
  let directory: String
  var certificatePath: String { "\(directory)/certificate.pem" }
  let certificate: [UInt8]
  let key: [UInt8]

  static let openssl = "/usr/bin/openssl"
  static let curl = "/usr/bin/curl"
  /// Why these tests cannot run here; nil when they can.
  static var missing: String? {
    [openssl, curl].first { !FileManager.default.isExecutableFile(atPath: $0) }.map { "\($0) is not installed" }
  }

  struct Failure: Error, CustomStringConvertible {
    var description: String
  }

  init() async throws {
    directory = "\(NSTemporaryDirectory())/penstock-tls-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    let made = try await Self.run(
      Self.openssl,
      [
        "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", "/CN=localhost",
        "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", "\(directory)/key.pem", "-out",
        "\(directory)/certificate.pem",
      ])
    guard made.status == 0 else { throw Failure(description: made.output) }
    certificate = try [UInt8](Data(contentsOf: URL(fileURLWithPath: "\(directory)/certificate.pem")))
    key = try [UInt8](Data(contentsOf: URL(fileURLWithPath: "\(directory)/key.pem")))
  }

  deinit {
    try? FileManager.default.removeItem(atPath: directory)
  }

  /// Runs a program to its end; what it writes, to either stream, is one text.
  static func run(_ program: String, _ arguments: [String], input: [UInt8] = []) async throws -> (status: Int32, output: String) {
    let running = try RunningProgram(program, arguments)
    running.write(input)
    guard await TestRoutes.eventually(seconds: 60, { running.status != nil }), let status = running.status else {
      running.stop()
      throw Failure(description: "\(program) did not end: \(running.output)")
    }
    return (status, running.output)
  }
}
