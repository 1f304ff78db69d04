// What the processor offers and Swift cannot say: SHA instructions, and asking for memory ahead of time.
#pragma once
#include <stddef.h>
#include <stdint.h>

/// Ways to run the compression function; the values are stable for tests.
enum { SETTLE_SHA256_PORTABLE = 0, SETTLE_SHA256_INSTRUCTIONS = 1 };

// SHA-256 compression (FIPS 180-4): every byte that a night reads or writes passes through it.

/// The best way this processor offers.
int settle_sha256_best(void);

/// Absorbs `count` blocks of 64 bytes into `state`, the given way. A way the processor lacks must not be asked for.
void settle_sha256_compress(int way, uint32_t state[8], const uint8_t *blocks, size_t count);

/// Asks for the memory at `address`, which is needed soon. Any address may be given.
static inline void settle_prefetch(const void *address) { __builtin_prefetch(address); }
