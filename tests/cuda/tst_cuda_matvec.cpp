// SPDX-License-Identifier: GPL-3.0-or-later
// Products of 1 to 8 tokens against sums in double precision over the CPU's decoded weights.
#include "core/quant/quant_type.h"
#include "core/tier/block_layout.h"
#include "cuda/cuda_backend.h"
#include "cuda/kernels/matvec.h"
#include "cuda/runtime/check.h"
#include "cuda/runtime/memory.h"
#include "cuda/runtime/stream.h"

#include <QtTest>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <random>
#include <string>
#include <vector>

using namespace strata;
using namespace strata::cuda;

namespace {

template <typename T>
GpuMemory upload(const std::vector<T>& values) {
    GpuMemory memory(std::max<std::size_t>(1, values.size() * sizeof(T)));
    checkCuda(cudaMemcpy(memory.data(), values.data(), values.size() * sizeof(T), cudaMemcpyHostToDevice), "upload");
    return memory;
}

template <typename T>
std::vector<T> download(const GpuMemory& memory, std::size_t count) {
    std::vector<T> values(count);
    checkCuda(cudaDeviceSynchronize(), "kernels");
    checkCuda(cudaMemcpy(values.data(), memory.data(), count * sizeof(T), cudaMemcpyDeviceToHost), "download");
    return values;
}

std::vector<float> normalValues(std::size_t count, unsigned seed, float deviation) {
    std::mt19937 random(seed);
    std::normal_distribution<float> normal(0.0f, deviation);
    std::vector<float> values(count);
    std::generate(values.begin(), values.end(), [&] { return normal(random); });
    return values;
}

bool isFloat(QuantType type) {
    return type == QuantType::F32 || type == QuantType::F16 || type == QuantType::BF16;
}

// A matrix on both sides, on the device as it rests in a block.
struct Matrix {
    QuantType type;
    std::uint32_t rows, columns;
    std::vector<float> weights; // as the CPU decodes them
    GpuMemory memory;

    Matrix(QuantType matrixType, std::uint32_t rowCount, std::uint32_t columnCount, unsigned seed)
        : type(matrixType), rows(rowCount), columns(columnCount), weights(std::size_t{rowCount} * columnCount) {
        std::vector<std::byte> blocks(quantBytes(type, weights.size()).value());
        traits(type).quantize(normalValues(weights.size(), seed, 0.05f), blocks);
        traits(type).dequantize(blocks, weights);
        blocks.resize(alignTensor(blocks.size()), std::byte{0xff}); // no zeros, so that what is read of it is seen
        memory = upload(blocks);
    }
    WeightMatrix onDevice() const { return {type, rows, columns, memory.data()}; }
};

// Tokens on both sides, rounded on the device as the products will read them.
struct Tokens {
    std::uint32_t m, columns;
    std::vector<float> x;
    GpuMemory onDevice, q, scaleAndSum;

    Tokens(const Launch& launch, std::uint32_t tokenCount, std::uint32_t columnCount, const std::vector<float>& values)
        : m(tokenCount), columns(columnCount), x(values), onDevice(upload(values)),
          q(upload(std::vector<std::int8_t>(std::max<std::size_t>(16, places(m, columns) * 32)))),
          scaleAndSum(upload(std::vector<float2>(std::max<std::size_t>(2, places(m, columns))))) {
        if (columns % 32 == 0)
            quantiseRows(launch, onDevice.as<float>(), m, columns, rounded());
    }
    // Groups of 32 columns for which there is room: of eight tokens, if not of one.
    static std::size_t places(std::uint32_t tokenCount, std::size_t columnCount) {
        return columnCount / 32 * (tokenCount == 1 ? 1 : 8);
    }
    // Where value i of x lies: the tokens of a group of 32 columns are side by side.
    std::size_t placeOf(std::size_t i) const {
        return places(m, i % columns / 32 * 32) * 32 + i / columns * 32 + i % 32;
    }
    QuantisedRows rounded() const { return {q.as<std::int8_t>(), scaleAndSum.as<float2>()}; }

    // What the products of a format multiply with.
    std::vector<float> seenBy(QuantType type) const {
        if (isFloat(type))
            return x;
        const std::vector<std::int8_t> codes = download<std::int8_t>(q, places(m, columns) * 32);
        const std::vector<float2> scales = download<float2>(scaleAndSum, places(m, columns));
        std::vector<float> values(x.size());
        for (std::size_t i = 0; i < x.size(); ++i)
            values[i] = scales[placeOf(i) / 32].x * static_cast<float>(codes[placeOf(i)]);
        return values;
    }
};

struct Expected {
    std::vector<double> y, bound; // (m, rows); bound: rounding of floats
};

Expected multiply(const Matrix& matrix, const Tokens& tokens, const std::vector<float>& bias) {
    const std::vector<float> x = tokens.seenBy(matrix.type);
    Expected expected;
    for (std::uint32_t token = 0; token < tokens.m; ++token) {
        for (std::uint32_t row = 0; row < matrix.rows; ++row) {
            double sum = bias.empty() ? 0.0 : bias[row];
            double magnitude = std::fabs(sum);
            for (std::uint32_t i = 0; i < matrix.columns; ++i) {
                const double term = double{matrix.weights[std::size_t{row} * matrix.columns + i]} *
                                    x[std::size_t{token} * matrix.columns + i];
                sum += term;
                magnitude += std::fabs(term);
            }
            expected.y.push_back(sum);
            expected.bound.push_back(2e-6 * magnitude + 1e-12);
        }
    }
    return expected;
}

// The first value that is further from the expected one than rounding explains, in words; empty if none.
std::string firstDifference(const std::vector<float>& y, const Expected& expected) {
    for (std::size_t i = 0; i < y.size(); ++i) {
        if (!(std::fabs(y[i] - expected.y[i]) <= expected.bound[i]))
            return "index " + std::to_string(i) + ": expected " + std::to_string(expected.y[i]) + ", found " +
                   std::to_string(y[i]) + ", bound " + std::to_string(expected.bound[i]);
    }
    return {};
}

} // namespace

class TestCudaMatvec : public QObject {
    Q_OBJECT

    Launch m_launch;
    Stream m_stream;

    static void addFormats() {
        QTest::addColumn<QuantType>("type");
        for (const QuantTraits& row : allQuantTraits())
            QTest::addRow("%s", std::string(row.name).c_str()) << row.type;
    }
    // Off every tile: single rows, parts of tiles, columns of few and many turns of a block.
    static std::vector<std::uint32_t> columnCounts(QuantType type) {
        if (isFloat(type))
            return {8, 172, 1000, 4096};
        return traits(type).blockLength == 32 ? std::vector<std::uint32_t>{32, 96, 288, 1056, 4096}
                                              : std::vector<std::uint32_t>{256, 768, 1536, 4096};
    }
    std::vector<float> product(const Matrix& matrix, const Tokens& tokens) const {
        GpuMemory y = upload(std::vector<float>(std::size_t{tokens.m} * matrix.rows, NAN));
        const ProductJob job = {matrix.onDevice(), nullptr, y.as<float>(), false};
        multiplyFew(m_launch, {&job, 1}, tokens.onDevice.as<float>(), tokens.rounded(), tokens.m);
        return download<float>(y, std::size_t{tokens.m} * matrix.rows);
    }

private slots:
    void initTestCase();
    void roundsActivationsToTheirLargest();
    void normalisesAndRounds_data();
    void normalisesAndRounds();
    void everySizeMatchesDoublePrecision_data() { addFormats(); }
    void everySizeMatchesDoublePrecision();
    void aTokenDoesNotDependOnItsNeighbours_data() { addFormats(); }
    void aTokenDoesNotDependOnItsNeighbours();
    void jobsOfDifferentFormatsShareALaunch();
    void addsToWhatIsThere();
    void gateAndUpMatchDoublePrecision_data() { addFormats(); }
    void gateAndUpMatchDoublePrecision();
};

void TestCudaMatvec::initTestCase() {
    if (cudaDevices().empty())
        QSKIP("no NVIDIA GPU here");
    m_stream = makeStream();
    m_launch = launchOn(0, m_stream.get());
}

void TestCudaMatvec::roundsActivationsToTheirLargest() {
    std::vector<float> x = normalValues(3 * 160, 1, 2.0f);
    std::fill(x.begin() + 32, x.begin() + 64, 0.0f);
    x[70] = 1000.0f;
    const Tokens tokens(m_launch, 3, 160, x);
    const std::vector<std::int8_t> q = download<std::int8_t>(tokens.q, Tokens::places(3, 160) * 32);
    const std::vector<float2> scales = download<float2>(tokens.scaleAndSum, Tokens::places(3, 160));
    for (std::size_t first = 0; first < x.size(); first += 32) {
        const float2 scale = scales[tokens.placeOf(first) / 32];
        float largest = 0.0f;
        int sum = 0;
        for (std::size_t i = first; i < first + 32; ++i) {
            const std::int8_t code = q[tokens.placeOf(i)];
            largest = std::max(largest, std::fabs(x[i]));
            sum += code;
            QVERIFY(std::fabs(scale.x * static_cast<float>(code) - x[i]) <= 0.5002f * scale.x);
        }
        QCOMPARE(scale.x, largest / 127.0f);
        QCOMPARE(scale.y, scale.x * static_cast<float>(sum));
    }
}

void TestCudaMatvec::normalisesAndRounds_data() {
    QTest::addColumn<std::uint32_t>("columns");
    for (const std::uint32_t columns : {32u, 4096u, 9216u, 28672u, 88u, 77u})
        QTest::addRow("%u", columns) << columns;
}

void TestCudaMatvec::normalisesAndRounds() {
    QFETCH(const std::uint32_t, columns);
    constexpr std::uint32_t kTokens = 3;
    const std::vector<float> x = normalValues(kTokens * columns, 2, 3.0f);
    const std::vector<float> weight = normalValues(columns, 3, 1.0f);
    const GpuMemory deviceX = upload(x);
    const GpuMemory deviceWeight = upload(weight);
    GpuMemory normed(x.size() * sizeof(float));
    const std::size_t places = Tokens::places(kTokens, columns);
    const GpuMemory q = upload(std::vector<std::int8_t>(places * 32 + 1));
    const GpuMemory scales = upload(std::vector<float2>(places + 1));
    const bool rounds = columns % 32 == 0;
    const QuantisedRows out = rounds ? QuantisedRows{q.as<std::int8_t>(), scales.as<float2>()} : QuantisedRows{};
    normaliseRows(
        m_launch, deviceX.as<float>(), deviceWeight.as<float>(), 1e-5f, kTokens, columns, normed.as<float>(), out);
    const std::vector<float> found = download<float>(normed, x.size());
    for (std::uint32_t token = 0; token < kTokens; ++token) {
        double squares = 0.0;
        for (std::uint32_t i = 0; i < columns; ++i)
            squares += double{x[token * columns + i]} * x[token * columns + i];
        const double inverse = 1.0 / std::sqrt(squares / columns + 1e-5);
        for (std::uint32_t i = 0; i < columns; ++i) {
            const double expected = x[token * columns + i] * inverse * weight[i];
            QVERIFY(std::fabs(found[token * columns + i] - expected) <= 2e-6 * std::fabs(expected));
        }
    }
    if (!rounds)
        return;
    const Tokens again(m_launch, kTokens, columns, found);
    QCOMPARE(download<std::int8_t>(q, places * 32), download<std::int8_t>(again.q, places * 32));
    QCOMPARE(download<float>(scales, places * 2), download<float>(again.scaleAndSum, places * 2));
}

void TestCudaMatvec::everySizeMatchesDoublePrecision() {
    QFETCH(const QuantType, type);
    unsigned seed = 10;
    for (const std::uint32_t columns : columnCounts(type)) {
        for (const std::uint32_t rows : {1u, 16u, 45u}) {
            const Matrix matrix(type, rows, columns, ++seed);
            for (const std::uint32_t m : {1u, 2u, 5u, 8u}) {
                const Tokens tokens(m_launch, m, columns, normalValues(std::size_t{m} * columns, ++seed, 1.0f));
                const std::string difference = firstDifference(product(matrix, tokens), multiply(matrix, tokens, {}));
                QVERIFY2(difference.empty(), (std::to_string(rows) + " x " + std::to_string(columns) + ", " +
                                                 std::to_string(m) + " tokens, " + difference)
                                                 .c_str());
            }
        }
    }
}

void TestCudaMatvec::aTokenDoesNotDependOnItsNeighbours() {
    QFETCH(const QuantType, type);
    constexpr std::uint32_t kRows = 37;
    constexpr std::uint32_t kColumns = 1536;
    const Matrix matrix(type, kRows, kColumns, 77);
    const std::vector<float> x = normalValues(8 * kColumns, 78, 1.0f);
    const std::vector<float> all = product(matrix, Tokens(m_launch, 8, kColumns, x));
    for (std::uint32_t m = 1; m < 8; ++m) {
        // The last m tokens, so that each sits at another place among others.
        const std::vector<float> last(x.end() - std::ptrdiff_t(m) * kColumns, x.end());
        const std::vector<float> y = product(matrix, Tokens(m_launch, m, kColumns, last));
        QVERIFY(std::memcmp(y.data(), all.data() + (8 - m) * kRows, y.size() * sizeof(float)) == 0);
    }
}

void TestCudaMatvec::jobsOfDifferentFormatsShareALaunch() {
    constexpr std::uint32_t kColumns = 768;
    const Matrix matrices[] = {
        {QuantType::Q4_K, 50, kColumns, 5}, {QuantType::F16, 7, kColumns, 6}, {QuantType::Q6_K, 33, kColumns, 7}};
    const std::vector<float> bias = normalValues(50, 8, 1.0f);
    const GpuMemory deviceBias = upload(bias);
    for (const std::uint32_t m : {1u, 3u}) {
        const Tokens tokens(m_launch, m, kColumns, normalValues(m * kColumns, 9, 1.0f));
        std::vector<GpuMemory> results;
        std::vector<ProductJob> jobs;
        for (const Matrix& matrix : matrices) {
            results.push_back(upload(std::vector<float>(m * matrix.rows, NAN)));
            jobs.push_back({matrix.onDevice(), jobs.empty() ? deviceBias.as<float>() : nullptr,
                results.back().as<float>(), false});
        }
        multiplyFew(m_launch, jobs, tokens.onDevice.as<float>(), tokens.rounded(), m);
        for (int i = 0; i < 3; ++i) {
            const std::string difference = firstDifference(download<float>(results[i], m * matrices[i].rows),
                multiply(matrices[i], tokens, i == 0 ? bias : std::vector<float>()));
            QVERIFY2(difference.empty(), difference.c_str());
        }
    }
}

void TestCudaMatvec::addsToWhatIsThere() {
    constexpr std::uint32_t kColumns = 512;
    const Matrix matrix(QuantType::Q8_0, 21, kColumns, 15);
    const Tokens tokens(m_launch, 4, kColumns, normalValues(4 * kColumns, 16, 1.0f));
    const std::vector<float> before = normalValues(4 * 21, 17, 1.0f);
    const GpuMemory y = upload(before);
    const ProductJob job = {matrix.onDevice(), nullptr, y.as<float>(), true};
    multiplyFew(m_launch, {&job, 1}, nullptr, tokens.rounded(), 4);
    Expected expected = multiply(matrix, tokens, {});
    for (std::size_t i = 0; i < before.size(); ++i)
        expected.y[i] += before[i];
    const std::string difference = firstDifference(download<float>(y, before.size()), expected);
    QVERIFY2(difference.empty(), difference.c_str());
}

void TestCudaMatvec::gateAndUpMatchDoublePrecision() {
    QFETCH(const QuantType, type);
    constexpr std::uint32_t kColumns = 1280;
    constexpr std::uint32_t kRows = 96;
    const Matrix gate(type, kRows, kColumns, 25);
    const Matrix up(type == QuantType::F32 ? QuantType::Q5_K : type, kRows, kColumns, 26);
    const std::vector<float> bias = normalValues(kRows, 27, 1.0f);
    const GpuMemory deviceBias = upload(bias);
    for (const std::uint32_t m : {1u, 8u}) {
        const Tokens tokens(m_launch, m, kColumns, normalValues(m * kColumns, 28, 1.0f));
        const GpuMemory y = upload(std::vector<float>(m * kRows, NAN));
        const std::size_t places = Tokens::places(m, kRows);
        const GpuMemory q = upload(std::vector<std::int8_t>(places * 32));
        const GpuMemory scales = upload(std::vector<float2>(places));
        const GatedRows out = {y.as<float>(), {q.as<std::int8_t>(), scales.as<float2>()}};
        multiplyGateUpFew(m_launch, {gate.onDevice(), deviceBias.as<float>(), nullptr, false},
            {up.onDevice(), nullptr, nullptr, false}, out, tokens.onDevice.as<float>(), tokens.rounded(), m);
        Expected expected = multiply(gate, tokens, bias);
        const Expected factor = multiply(up, tokens, {});
        for (std::size_t i = 0; i < expected.y.size(); ++i) {
            const double silu = expected.y[i] / (1.0 + std::exp(-expected.y[i]));
            const double ofGate = 1.1 * expected.bound[i] * std::fabs(factor.y[i]); // silu is nowhere steeper than 1.1
            expected.y[i] = silu * factor.y[i];
            expected.bound[i] = ofGate + std::fabs(silu) * factor.bound[i] + 1e-6 * std::fabs(expected.y[i]);
        }
        const std::string difference = firstDifference(download<float>(y, m * kRows), expected);
        QVERIFY2(difference.empty(), difference.c_str());
        const Tokens again(m_launch, m, kRows, download<float>(y, m * kRows));
        QCOMPARE(download<std::int8_t>(q, places * 32), download<std::int8_t>(again.q, places * 32));
        QCOMPARE(download<float>(scales, places * 2), download<float>(again.scaleAndSum, places * 2));
    }
}

QTEST_APPLESS_MAIN(TestCudaMatvec)
#include "tst_cuda_matvec.moc"
