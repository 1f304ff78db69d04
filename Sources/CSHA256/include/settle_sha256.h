// SHA-256 compression (FIPS 180-4), the part that dominates a night's time: every file that is read or
// written is hashed. Uses the processor's SHA instructions where it has them, plain C elsewhere.
#pragma once
#include <stddef.h>
#include <stdint.h>

/// Ways to run the compression function; the values are stable for tests.
enum { SETTLE_SHA256_PORTABLE = 0, SETTLE_SHA256_INSTRUCTIONS = 1 };

/// The best way this processor offers.
int settle_sha256_best(void);

/// Absorbs `count` blocks of 64 bytes into `state`, the given way. A way the processor lacks must not be asked for.
void settle_sha256_compress(int way, uint32_t state[8], const uint8_t *blocks, size_t count);
