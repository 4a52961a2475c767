/// With what a server speaks TLS (1.2 and 1.3). The application reads the files.
package struct HTTPServerTLS: Sendable {
  /// PEM: the server's certificate, then those that lead to a known authority.
  package var certificateChain: [UInt8]
  /// PEM, not encrypted.
  package var privateKey: [UInt8]

  package init(certificateChain: [UInt8], privateKey: [UInt8]) {
    self.certificateChain = certificateChain
    self.privateKey = privateKey
  }
}
