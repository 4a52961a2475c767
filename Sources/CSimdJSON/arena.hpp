// Growing byte memory.
#pragma once
#include <cstdint>
#include <cstdlib>
#include <utility>

namespace penstock {

/// Bytes that are appended and dropped all at once. They may move while it grows, so users keep offsets.
class Arena {
 public:
  /// Memory above this is given back when it is not used any more.
  static constexpr size_t keptBytes = size_t{1} << 20;

  Arena() = default;
  Arena(const Arena &) = delete;
  Arena &operator=(const Arena &) = delete;
  ~Arena() { std::free(bytes_); }

  /// Room for `extra` more bytes; where they start. They count once `commit` is called.
  uint8_t *reserve(size_t extra) {
    if (capacity_ - used_ < extra) grow(extra);
    return bytes_ + used_;
  }
  void commit(size_t count) { used_ += count; }

  /// Drops all bytes, and most of a large block that was hardly used.
  void reset() {
    if (capacity_ > keptBytes && used_ < capacity_ / 4) release();
    used_ = 0;
  }

  void release() {
    std::free(std::exchange(bytes_, nullptr));
    capacity_ = 0;
    used_ = 0;
  }

  size_t used() const { return used_; }
  size_t capacity() const { return capacity_; }
  uint8_t *bytes() const { return bytes_; }

 private:
  void grow(size_t extra) {
    size_t capacity = capacity_ < 4096 ? 4096 : capacity_;
    while (capacity - used_ < extra) capacity *= 2;
    auto *bytes = static_cast<uint8_t *>(std::realloc(bytes_, capacity));
    if (bytes == nullptr) std::abort();  // out of memory, as everywhere in Swift
    bytes_ = bytes;
    capacity_ = capacity;
  }

  uint8_t *bytes_ = nullptr;
  size_t capacity_ = 0;
  size_t used_ = 0;
};

}  // namespace penstock
