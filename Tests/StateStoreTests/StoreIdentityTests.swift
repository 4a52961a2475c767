import Foundation
import Testing

@testable import StateStore

@Suite struct StoreIdentityTests {
  @Test("An identity is made with the folder and stays")
  func stays() throws {
    let folder = try StoreFolder()
    let (one, other) = (folder.path + "/a/b", folder.path + "/c")
    let id = try StoreIdentity.readOrMake(directory: one)
    #expect(id.count == 32)
    #expect(try StoreIdentity.readOrMake(directory: one) == id)
    #expect(try StoreIdentity.readOrMake(directory: other) != id)
    #expect(try FileManager.default.contentsOfDirectory(atPath: one) == ["store-id"])
  }

  @Test("Checkpoints without their identity are damaged: another would make them someone else's")
  func missing() throws {
    let folder = try StoreFolder()
    _ = try StoreIdentity.readOrMake(directory: folder.state)
    try CheckpointStore(directory: folder.state).close()
    try FileManager.default.removeItem(atPath: folder.state + "/store-id")
    #expect { try StoreIdentity.readOrMake(directory: folder.state) } throws: { ($0 as? StateStoreError)?.code == .damaged }
  }

  @Test("A file that holds no identity is damaged and stays as it is", arguments: ["", "\n", "abc", String(repeating: "G", count: 32), String(repeating: "a", count: 33)])
  func damaged(content: String) throws {
    let folder = try StoreFolder()
    try content.write(toFile: folder.path + "/store-id", atomically: true, encoding: .utf8)
    #expect { try StoreIdentity.readOrMake(directory: folder.path) } throws: { ($0 as? StateStoreError)?.code == .damaged }
    #expect(try String(contentsOfFile: folder.path + "/store-id", encoding: .utf8) == content)
  }
}
