// swift-tools-version: 6.2
import PackageDescription

// Programs that use the library as yours would: this package depends on the one above it.
let package = Package(
  name: "Examples",
  dependencies: [.package(name: "penstock", path: "..")],
  targets: ["TypedPipeline", "CustomAggregation", "Embedding"].map {
    .executableTarget(name: $0, dependencies: [.product(name: "Penstock", package: "penstock")], swiftSettings: [.treatAllWarnings(as: .error)])
  }
)
