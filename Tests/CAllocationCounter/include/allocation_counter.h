#pragma once
// Counts the heap allocations of the calling thread: this test program's malloc, calloc, realloc and posix_memalign stand before
// the C library's.
long penstock_allocations_of_this_thread(void);
