// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/cpu/vector_ops.h"

#if defined(__x86_64__)

#include "core/quant/half.h"

#include <immintrin.h>

#include <algorithm>
#include <cmath>

namespace strata {
namespace {

constexpr std::size_t kLanes = 8;

[[gnu::target("avx2,fma,f16c")]] void toHalf(const float* values, std::uint16_t* halves, std::size_t count) {
    std::size_t i = 0;
    for (; i + kLanes <= count; i += kLanes)
        _mm_storeu_si128(reinterpret_cast<__m128i*>(halves + i),
            _mm256_cvtps_ph(_mm256_loadu_ps(values + i), _MM_FROUND_TO_NEAREST_INT));
    for (; i < count; ++i)
        halves[i] = floatToHalf(values[i]);
}

[[gnu::target("avx2,fma,f16c")]] void toFloat(const std::uint16_t* halves, float* values, std::size_t count) {
    std::size_t i = 0;
    for (; i + kLanes <= count; i += kLanes)
        _mm256_storeu_ps(values + i, _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i*>(halves + i))));
    for (; i < count; ++i)
        values[i] = halfToFloat(halves[i]);
}

[[gnu::target("avx2,fma,f16c")]] void scaleInts(
    const std::int8_t* numbers, float scale, float* values, std::size_t count) {
    std::size_t i = 0;
    for (; i + kLanes <= count; i += kLanes) {
        const __m128i bytes = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(numbers + i));
        const __m256 widened = _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(bytes));
        _mm256_storeu_ps(values + i, _mm256_mul_ps(widened, _mm256_set1_ps(scale)));
    }
    scalarVectorOps().scaleInts(numbers + i, scale, values + i, count - i);
}

[[gnu::target("avx2,fma,f16c")]] inline float sumLanes(__m256 lanes) {
    __m128 sum = _mm_add_ps(_mm256_castps256_ps128(lanes), _mm256_extractf128_ps(lanes, 1));
    sum = _mm_add_ps(sum, _mm_movehl_ps(sum, sum));
    return _mm_cvtss_f32(_mm_add_ss(sum, _mm_movehdup_ps(sum)));
}

// The sums of four vectors at once.
[[gnu::target("avx2,fma,f16c")]] inline __m128 sumFour(__m256 a, __m256 b, __m256 c, __m256 d) {
    const __m256 halves = _mm256_hadd_ps(_mm256_hadd_ps(a, b), _mm256_hadd_ps(c, d));
    return _mm_add_ps(_mm256_castps256_ps128(halves), _mm256_extractf128_ps(halves, 1));
}

// Lefts x Rows dot products at once, so that each loaded vector serves several.
template <std::size_t Lefts, std::size_t Rows>
[[gnu::target("avx2,fma,f16c")]] void dotTile(const RowProduct& p, std::size_t left, std::size_t row) {
    const float* x = p.left + left * p.length;
    const float* y = p.rows + row * p.length;
    __m256 sums[Lefts][Rows] = {};
    std::size_t at = 0;
    for (; at + kLanes <= p.length; at += kLanes)
        for (std::size_t r = 0; r < Rows; ++r) {
            const __m256 other = _mm256_loadu_ps(y + r * p.length + at);
            for (std::size_t i = 0; i < Lefts; ++i)
                sums[i][r] = _mm256_fmadd_ps(_mm256_loadu_ps(x + i * p.length + at), other, sums[i][r]);
        }
    for (std::size_t r = 0; r < Rows; ++r) {
        float totals[Lefts];
        if constexpr (Lefts == 4)
            _mm_storeu_ps(totals, sumFour(sums[0][r], sums[1][r], sums[2][r], sums[3][r]));
        else
            for (std::size_t i = 0; i < Lefts; ++i)
                totals[i] = sumLanes(sums[i][r]);
        for (std::size_t i = 0; i < Lefts; ++i) {
            for (std::size_t rest = at; rest < p.length; ++rest)
                totals[i] += x[i * p.length + rest] * y[r * p.length + rest];
            p.weights[(left + i) * p.stride + row + r] = totals[i];
        }
    }
}

template <std::size_t Lefts>
[[gnu::target("avx2,fma,f16c")]] void dotLines(const RowProduct& p, std::size_t left) {
    std::size_t row = 0;
    for (; row + 2 <= p.rowCount; row += 2)
        dotTile<Lefts, 2>(p, left, row);
    for (; row < p.rowCount; ++row)
        dotTile<Lefts, 1>(p, left, row);
}

[[gnu::target("avx2,fma,f16c")]] void dotProducts(const RowProduct& p) {
    std::size_t left = 0;
    for (; left + 4 <= p.leftCount; left += 4)
        dotLines<4>(p, left);
    for (; left < p.leftCount; ++left)
        dotLines<1>(p, left);
}

// Lefts x Vectors sums stay in registers over all rows.
template <std::size_t Lefts, std::size_t Vectors>
[[gnu::target("avx2,fma,f16c")]] void weighTile(const RowProduct& p, std::size_t left, std::size_t at) {
    float* x = p.left + left * p.length + at;
    __m256 sums[Lefts][Vectors];
    for (std::size_t i = 0; i < Lefts; ++i)
        for (std::size_t v = 0; v < Vectors; ++v)
            sums[i][v] = _mm256_loadu_ps(x + i * p.length + v * kLanes);
    for (std::size_t row = 0; row < p.rowCount; ++row)
        for (std::size_t i = 0; i < Lefts; ++i) {
            const __m256 weight = _mm256_broadcast_ss(p.weights + (left + i) * p.stride + row);
            for (std::size_t v = 0; v < Vectors; ++v)
                sums[i][v] =
                    _mm256_fmadd_ps(weight, _mm256_loadu_ps(p.rows + row * p.length + at + v * kLanes), sums[i][v]);
        }
    for (std::size_t i = 0; i < Lefts; ++i)
        for (std::size_t v = 0; v < Vectors; ++v)
            _mm256_storeu_ps(x + i * p.length + v * kLanes, sums[i][v]);
}

template <std::size_t Lefts>
[[gnu::target("avx2,fma,f16c")]] void weighLines(const RowProduct& p, std::size_t left) {
    std::size_t at = 0;
    for (; at + 2 * kLanes <= p.length; at += 2 * kLanes)
        weighTile<Lefts, 2>(p, left, at);
    for (; at + kLanes <= p.length; at += kLanes)
        weighTile<Lefts, 1>(p, left, at);
    for (; at < p.length; ++at)
        for (std::size_t i = left; i < left + Lefts; ++i)
            for (std::size_t row = 0; row < p.rowCount; ++row)
                p.left[i * p.length + at] += p.weights[i * p.stride + row] * p.rows[row * p.length + at];
}

[[gnu::target("avx2,fma,f16c")]] void addWeighted(const RowProduct& p) {
    std::size_t left = 0;
    for (; left + 4 <= p.leftCount; left += 4)
        weighLines<4>(p, left);
    for (; left < p.leftCount; ++left)
        weighLines<1>(p, left);
}

// exp(x) = 2^n exp(r), |r| <= ln(2)/2, with the polynomial of Cephes' expf; relative error below 2e-7. Arguments
// below the smallest normal result give 0.
[[gnu::target("avx2,fma,f16c")]] inline __m256 exp8(__m256 x) {
    const __m256 lowest = _mm256_set1_ps(-87.33654F);
    const __m256 isZero = _mm256_cmp_ps(x, lowest, _CMP_LT_OQ);
    x = _mm256_min_ps(_mm256_set1_ps(88.02F), _mm256_max_ps(lowest, x)); // in this order a NaN stays one
    const __m256 n =
        _mm256_round_ps(_mm256_mul_ps(x, _mm256_set1_ps(1.44269504F)), _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
    __m256 r = _mm256_fnmadd_ps(n, _mm256_set1_ps(0.693359375F), x);
    r = _mm256_fnmadd_ps(n, _mm256_set1_ps(-2.12194440e-4F), r);
    __m256 sum = _mm256_set1_ps(1.9875691500e-4F);
    for (const float c : {1.3981999507e-3F, 8.3334519073e-3F, 4.1665795894e-2F, 1.6666665459e-1F, 5.0000001201e-1F})
        sum = _mm256_fmadd_ps(sum, r, _mm256_set1_ps(c));
    sum = _mm256_add_ps(_mm256_fmadd_ps(sum, _mm256_mul_ps(r, r), r), _mm256_set1_ps(1.0F));
    const __m256i power = _mm256_slli_epi32(_mm256_add_epi32(_mm256_cvtps_epi32(n), _mm256_set1_epi32(127)), 23);
    return _mm256_andnot_ps(isZero, _mm256_mul_ps(sum, _mm256_castsi256_ps(power)));
}

[[gnu::target("avx2,fma,f16c")]] float expAndSum(float* values, std::size_t count, float shift) {
    __m256 sums = _mm256_setzero_ps();
    std::size_t i = 0;
    for (; i + kLanes <= count; i += kLanes) {
        const __m256 result = exp8(_mm256_sub_ps(_mm256_loadu_ps(values + i), _mm256_set1_ps(shift)));
        _mm256_storeu_ps(values + i, result);
        sums = _mm256_add_ps(sums, result);
    }
    float sum = sumLanes(sums);
    for (; i < count; ++i) {
        values[i] = std::exp(values[i] - shift);
        sum += values[i];
    }
    return sum;
}

[[gnu::target("avx2,fma,f16c")]] void siluMultiply(float* gate, const float* up, std::size_t count) {
    const __m256 one = _mm256_set1_ps(1.0F);
    std::size_t i = 0;
    for (; i + kLanes <= count; i += kLanes) {
        const __m256 x = _mm256_loadu_ps(gate + i);
        const __m256 divisor = _mm256_add_ps(one, exp8(_mm256_sub_ps(_mm256_setzero_ps(), x)));
        _mm256_storeu_ps(gate + i, _mm256_mul_ps(_mm256_div_ps(x, divisor), _mm256_loadu_ps(up + i)));
    }
    scalarVectorOps().siluMultiply(gate + i, up + i, count - i);
}

} // namespace

const VectorOps& avx2VectorOps() {
    static constexpr VectorOps kOps = {.toHalf = toHalf,
        .toFloat = toFloat,
        .scaleInts = scaleInts,
        .dotProducts = dotProducts,
        .addWeighted = addWeighted,
        .expAndSum = expAndSum,
        .siluMultiply = siluMultiply};
    return kOps;
}

} // namespace strata

#else

const strata::VectorOps& strata::avx2VectorOps() {
    return scalarVectorOps();
}

#endif
