// What the processor offers and Swift cannot say: SHA instructions, 16 bytes looked at in one step, and asking for memory
// ahead of time.
#pragma once
#include <stddef.h>
#include <stdint.h>
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

/// Ways to run the compression function; the values are stable for tests.
enum { SETTLE_SHA256_PORTABLE = 0, SETTLE_SHA256_INSTRUCTIONS = 1 };

// SHA-256 compression (FIPS 180-4): every byte that a night reads or writes passes through it.

/// The best way this processor offers.
int settle_sha256_best(void);

/// Absorbs `count` blocks of 64 bytes into `state`, the given way. A way the processor lacks must not be asked for.
void settle_sha256_compress(int way, uint32_t state[8], const uint8_t *blocks, size_t count);

/// Asks for the memory at `address`, which is needed soon. Any address may be given.
static inline void settle_prefetch(const void *address) { __builtin_prefetch(address); }

/// The same where it is going to be written.
static inline void settle_prefetch_write(void *address) { __builtin_prefetch(address, 1); }

/// Bytes looked at by `settle_plain_run`, which must all be readable.
enum { SETTLE_PLAIN_RUN_MAX = 16 };

/// How many plain bytes stand at `bytes`, at most 16: all but control characters, space, `"`, `,`, `@`, `\`, what stands
/// behind `z` in ASCII and what is beyond it. 256 is added where one of them is no digit.
static inline uint32_t settle_plain_run(const uint8_t *bytes) {
#if defined(__SSE2__)
  const __m128i b = _mm_loadu_si128((const __m128i *)bytes);
  // As signed numbers the bytes beyond ASCII are below all others.
  __m128i other = _mm_or_si128(_mm_cmplt_epi8(b, _mm_set1_epi8(0x21)), _mm_cmpgt_epi8(b, _mm_set1_epi8('z')));
  other = _mm_or_si128(other, _mm_cmpeq_epi8(b, _mm_set1_epi8(',')));
  other = _mm_or_si128(other, _mm_cmpeq_epi8(b, _mm_set1_epi8('"')));
  other = _mm_or_si128(other, _mm_cmpeq_epi8(b, _mm_set1_epi8('@')));
  other = _mm_or_si128(other, _mm_cmpeq_epi8(b, _mm_set1_epi8('\\')));
  const __m128i fromZero = _mm_sub_epi8(b, _mm_set1_epi8('0'));
  const __m128i digits = _mm_cmpeq_epi8(_mm_min_epu8(fromZero, _mm_set1_epi8(9)), fromZero);
  const uint32_t count = (uint32_t)__builtin_ctz((uint32_t)_mm_movemask_epi8(other) | 0x10000u);
  const uint32_t nonDigits = ~(uint32_t)_mm_movemask_epi8(digits) & ((1u << count) - 1);
  return count | (nonDigits ? 256u : 0u);
#else
  uint32_t count = 0, nonDigits = 0;
  for (; count < SETTLE_PLAIN_RUN_MAX; count++) {
    const uint8_t byte = bytes[count];
    if (byte < 0x21 || byte > 'z' || byte == ',' || byte == '"' || byte == '@' || byte == '\\') break;
    nonDigits |= (uint8_t)(byte - '0') > 9;
  }
  return count | (nonDigits ? 256u : 0u);
#endif
}
