#pragma once
#include <stdbool.h>

// Counts the heap allocations of the calling thread: this test program's malloc, calloc, realloc and posix_memalign stand before
// the C library's.
long penstock_allocations_of_this_thread(void);
/// False under the address sanitizer, which has an allocator of its own and lets nothing stand before it.
bool penstock_allocations_are_counted(void);
