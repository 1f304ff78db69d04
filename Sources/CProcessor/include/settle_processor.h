// What the processor offers and Swift cannot say: SHA instructions, many bytes looked at in one step, and asking for memory
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

/// How many of `count` bytes are line feeds.
static inline size_t settle_line_feeds(const uint8_t *bytes, size_t count) {
  size_t found = 0, index = 0;
#if defined(__SSE2__)
  const __m128i feed = _mm_set1_epi8('\n');
  while (count - index >= 16) {
    // Each of 16 counters takes 255 steps at most; then they are summed up.
    const size_t steps = (count - index) / 16 < 255 ? (count - index) / 16 : 255;
    __m128i counters = _mm_setzero_si128();
    for (size_t step = 0; step < steps; step++, index += 16) {
      const __m128i b = _mm_loadu_si128((const __m128i *)(bytes + index));
      counters = _mm_sub_epi8(counters, _mm_cmpeq_epi8(b, feed));
    }
    const __m128i sums = _mm_sad_epu8(counters, _mm_setzero_si128());
    found += (size_t)_mm_cvtsi128_si32(sums) + (size_t)_mm_extract_epi16(sums, 4);
  }
#endif
  for (; index < count; index++) found += bytes[index] == '\n';
  return found;
}

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

/// Bytes looked at in one step by `settle_plain_line`, also behind the line.
enum { SETTLE_PLAIN_LINE_STEP = 64 };
/// Set in the end of a cell that holds a byte which is no digit.
#define SETTLE_NON_DIGIT 0x80000000u

/// One bit for each of 64 bytes.
typedef struct {
  uint64_t commas, feeds, digits;
  /// All that is neither plain (see `settle_plain_run`) nor a comma nor a line feed.
  uint64_t others;
} settle_line_bits;

static inline settle_line_bits settle_look_at_line(const uint8_t *bytes) {
  settle_line_bits bits = {0, 0, 0, 0};
#if defined(__SSE2__)
  for (int part = 0; part < 4; part++) {
    const __m128i b = _mm_loadu_si128((const __m128i *)(bytes + 16 * part));
    const __m128i feed = _mm_cmpeq_epi8(b, _mm_set1_epi8('\n'));
    __m128i other = _mm_or_si128(
        _mm_andnot_si128(feed, _mm_cmplt_epi8(b, _mm_set1_epi8(0x21))), _mm_cmpgt_epi8(b, _mm_set1_epi8('z')));
    other = _mm_or_si128(other, _mm_cmpeq_epi8(b, _mm_set1_epi8('"')));
    other = _mm_or_si128(other, _mm_cmpeq_epi8(b, _mm_set1_epi8('@')));
    other = _mm_or_si128(other, _mm_cmpeq_epi8(b, _mm_set1_epi8('\\')));
    const __m128i fromZero = _mm_sub_epi8(b, _mm_set1_epi8('0'));
    const __m128i digit = _mm_cmpeq_epi8(_mm_min_epu8(fromZero, _mm_set1_epi8(9)), fromZero);
    const __m128i comma = _mm_cmpeq_epi8(b, _mm_set1_epi8(','));
    bits.commas |= (uint64_t)(uint32_t)_mm_movemask_epi8(comma) << 16 * part;
    bits.feeds |= (uint64_t)(uint32_t)_mm_movemask_epi8(feed) << 16 * part;
    bits.digits |= (uint64_t)(uint32_t)_mm_movemask_epi8(digit) << 16 * part;
    bits.others |= (uint64_t)(uint32_t)_mm_movemask_epi8(other) << 16 * part;
  }
#else
  for (int index = 0; index < SETTLE_PLAIN_LINE_STEP; index++) {
    const uint8_t byte = bytes[index];
    const uint64_t bit = (uint64_t)1 << index;
    if (byte == ',') bits.commas |= bit;
    else if (byte == '\n') bits.feeds |= bit;
    else if (byte < 0x21 || byte > 'z' || byte == '"' || byte == '@' || byte == '\\') bits.others |= bit;
    if ((uint8_t)(byte - '0') <= 9) bits.digits |= bit;
  }
#endif
  return bits;
}

/// Where the cells of a plain line end: one that holds nothing but plain bytes, commas and the line feed at its end. A
/// carriage return in front of that is none of its last cell.
///
/// `room` bytes at `line` are looked at; a line feed must stand behind them, as an end that is not theirs, and
/// SETTLE_PLAIN_LINE_STEP bytes in all may be read there. Returns how many cells there are and writes where each ends, with
/// SETTLE_NON_DIGIT. Returns 0, and what it wrote means nothing, where the line is not plain, does not end in `room` bytes or
/// in 2^30, or has more than `countMax` cells.
static inline uint32_t settle_plain_line(const uint8_t *line, size_t room, uint32_t countMax, uint32_t *ends) {
  uint32_t count = 0, carried = 0;
  if (room > 1u << 30) room = 1u << 30;
  for (size_t base = 0; base < room; base += SETTLE_PLAIN_LINE_STEP) {
    const settle_line_bits bits = settle_look_at_line(line + base);
    // All up to the first line feed.
    const uint64_t here = bits.feeds ^ (bits.feeds - 1);
    uint64_t stops = (bits.commas | bits.feeds) & here;
    uint64_t nonDigits = ~(bits.digits | bits.commas | bits.feeds) & here;
    const uint64_t others = bits.others & here;
    if (others) {
      const uint64_t beforeFeed = (bits.feeds & -bits.feeds) >> 1;
      if (others != beforeFeed || line[base + (size_t)__builtin_ctzll(others)] != '\r') return 0;
      stops = (stops & (others - 1)) | others;
      nonDigits &= ~others;
    }
    while (stops) {
      const uint64_t below = stops ^ (stops - 1);
      if (count == countMax) return 0;
      ends[count++] = (uint32_t)(base + (size_t)__builtin_ctzll(stops)) | ((nonDigits & below) ? SETTLE_NON_DIGIT : carried);
      nonDigits &= ~below;
      carried = 0;
      stops &= stops - 1;
    }
    if (bits.feeds) return base + (size_t)__builtin_ctzll(bits.feeds) < room ? count : 0;
    carried = nonDigits || carried ? SETTLE_NON_DIGIT : 0;
  }
  return 0;
}
