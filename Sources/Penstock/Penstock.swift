// The library for programs with their own event types: `import Penstock` gives the builder, the executor, the Kafka pipeline and the
// test driver. What needs Foundation is here and nowhere else.
@_exported public import KafkaPipeline
@_exported public import StreamEngine
