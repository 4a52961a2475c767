// swift-tools-version: 6.2
import PackageDescription

// Every Swift target: Swift 6 mode, explicit existentials and imports, no warnings.
let strict: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .treatAllWarnings(as: .error),
]

let package = Package(
  name: "penstock",
  products: [
    .executable(name: "penstock", targets: ["penstock"]),
    .library(name: "Penstock", targets: ["Penstock"]),
  ],
  targets: [
    // One importer for each C library (held by ArchitectureTests).
    .systemLibrary(name: "CRdKafka", pkgConfig: "rdkafka", providers: [.apt(["librdkafka-dev"])]),
    .systemLibrary(name: "CMicroHTTPD", pkgConfig: "libmicrohttpd", providers: [.apt(["libmicrohttpd-dev"])]),
    .systemLibrary(name: "CSQLite", pkgConfig: "sqlite3", providers: [.apt(["libsqlite3-dev"])]),
    .systemLibrary(name: "CXXHash", pkgConfig: "libxxhash", providers: [.apt(["libxxhash-dev"])]),
    .systemLibrary(name: "CFYAML", pkgConfig: "libfyaml", providers: [.apt(["libfyaml-dev"])]),
    // Loaded when a client verb needs it and never linked: see docs/decisions/0018.
    .target(name: "CCurl"),
    // Debian's simdjson.pc carries a flag that SwiftPM refuses with a warning on every build, so it is linked by name.
    .target(
      name: "CSimdJSON",
      linkerSettings: [.linkedLibrary("simdjson")]),

    .target(name: "KafkaClient", dependencies: ["CRdKafka"], swiftSettings: strict),
    .target(name: "RecordCodec", dependencies: ["CSimdJSON"], swiftSettings: strict),
    .target(name: "StreamEngine", swiftSettings: strict),
    .target(name: "StateStore", dependencies: ["CSQLite", "CXXHash"], swiftSettings: strict),
    .target(name: "PipelineSpec", dependencies: ["RecordCodec", "StreamEngine", "CFYAML"], swiftSettings: strict),
    .target(
      name: "KafkaPipeline", dependencies: ["KafkaClient", "RecordCodec", "StreamEngine", "StateStore"],
      swiftSettings: strict),
    .target(name: "HTTPServer", dependencies: ["CMicroHTTPD"], swiftSettings: strict),
    .target(name: "Arguments", swiftSettings: strict),
    .target(
      name: "ControlPlane", dependencies: ["KafkaPipeline", "PipelineSpec", "HTTPServer", "RecordCodec", "Arguments"],
      swiftSettings: strict),
    .target(name: "ControlClient", dependencies: ["CCurl", "RecordCodec", "PipelineSpec", "Arguments"], swiftSettings: strict),
    // For programs with their own event types; the only one that may use Foundation.
    .target(name: "Penstock", dependencies: ["KafkaPipeline", "StreamEngine"], swiftSettings: strict),
    .executableTarget(name: "penstock", dependencies: ["ControlPlane", "ControlClient", "Arguments"], swiftSettings: strict),

    .testTarget(name: "StreamEngineTests", dependencies: ["StreamEngine", "CAllocationCounter"], swiftSettings: strict),
    .testTarget(name: "RecordCodecTests", dependencies: ["RecordCodec", "CAllocationCounter"], swiftSettings: strict),
    .testTarget(name: "StateStoreTests", dependencies: ["StateStore"], swiftSettings: strict),
    .testTarget(name: "PipelineSpecTests", dependencies: ["PipelineSpec", "RecordCodec", "StreamEngine"], swiftSettings: strict),
    .testTarget(name: "HTTPServerTests", dependencies: ["HTTPServer"], swiftSettings: strict),
    // Counts heap allocations in the test program.
    .target(name: "CAllocationCounter", path: "Tests/CAllocationCounter"),
    .testTarget(
      name: "KafkaPipelineTests",
      dependencies: ["KafkaPipeline", "KafkaClient", "RecordCodec", "StreamEngine", "StateStore", "CAllocationCounter"],
      swiftSettings: strict),
    .testTarget(
      name: "PenstockTests", dependencies: ["Penstock", "KafkaPipeline", "RecordCodec", "StreamEngine"], swiftSettings: strict),
    .testTarget(
      name: "ControlPlaneTests",
      dependencies: ["ControlPlane", "KafkaPipeline", "PipelineSpec", "HTTPServer", "RecordCodec"], swiftSettings: strict),
    .testTarget(name: "ControlClientTests", dependencies: ["ControlClient", "RecordCodec", "Arguments"], swiftSettings: strict),
    .testTarget(
      name: "CommandLineTests", dependencies: ["penstock", "ControlPlane", "ControlClient", "Arguments"], swiftSettings: strict),
    .testTarget(name: "ArchitectureTests", swiftSettings: strict),
  ],
  cxxLanguageStandard: .cxx20
)
