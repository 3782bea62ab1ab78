// SPDX-License-Identifier: GPL-3.0-or-later
// Products of many tokens on the GPU against the decoded weights in double precision.
#include "core/base/error.h"
#include "core/tier/block_layout.h"
#include "cuda/kernels/matmul.h"
#include "cuda/runtime/check.h"
#include "cuda/runtime/memory.h"

#include <QtTest>

#include <cmath>
#include <cstring>
#include <memory>
#include <random>
#include <vector>

using namespace strata;
using namespace strata::cuda;

namespace {

constexpr double kTolerance = 1e-3;     // of the norm of all results together
constexpr double kMostTolerance = 6e-3; // of the root mean square, for the worst of them

std::vector<float> noise(std::size_t count, unsigned seed, float deviation) {
    std::mt19937 random(seed);
    std::normal_distribution<float> normal(0.0f, deviation);
    std::vector<float> values(count);
    for (float& value : values)
        value = normal(random);
    return values;
}

template <typename T>
GpuMemory upload(const std::vector<T>& values) {
    GpuMemory memory(values.size() * sizeof(T));
    checkCuda(cudaMemcpy(memory.data(), values.data(), memory.byteCount(), cudaMemcpyHostToDevice), "test");
    return memory;
}

std::vector<float> download(const GpuMemory& memory) {
    std::vector<float> values(memory.byteCount() / sizeof(float));
    checkCuda(cudaDeviceSynchronize(), "test");
    checkCuda(cudaMemcpy(values.data(), memory.data(), memory.byteCount(), cudaMemcpyDeviceToHost), "test");
    return values;
}

// A matrix on both sides, on the device as it rests in a block.
struct Matrix {
    QuantType type;
    std::uint32_t rows;
    std::uint32_t columns;
    std::vector<float> decoded;
    GpuMemory data;

    Matrix(QuantType weightType, std::uint32_t rowCount, std::uint32_t columnCount, unsigned seed)
        : type(weightType), rows(rowCount), columns(columnCount) {
        const std::size_t count = std::size_t{rows} * columns;
        std::vector<std::byte> bytes(quantBytes(type, count).value());
        traits(type).quantize(noise(count, seed, 0.03f), bytes);
        decoded.resize(count);
        traits(type).dequantize(bytes, decoded);
        bytes.resize(alignTensor(bytes.size()), std::byte{0xff}); // no zeros, so that what is read of it is seen
        data = upload(bytes);
    }

    WeightMatrix weights() const { return {type, rows, columns, data.data()}; }

    // (m, rows)
    std::vector<double> times(const std::vector<float>& x, std::uint32_t m) const {
        std::vector<double> y(std::size_t{m} * rows);
        for (std::uint32_t t = 0; t < m; ++t)
            for (std::uint32_t r = 0; r < rows; ++r) {
                double sum = 0.0;
                for (std::uint32_t c = 0; c < columns; ++c)
                    sum += double{decoded[std::size_t{r} * columns + c]} * x[std::size_t{t} * columns + c];
                y[std::size_t{t} * rows + r] = sum;
            }
        return y;
    }
};

struct Gpu {
    Launch launch;
    GpuMemory scratch;

    Gpu(std::uint32_t columns, std::uint32_t m) : launch(launchOn(0, nullptr)) {
        scratch = GpuMemory(matmulScratchBytes(columns, m, launch.multiprocessors));
        checkCuda(cudaMemset(scratch.data(), 0, scratch.byteCount()), "test");
    }
};

// Results are written over NaN, so that one left out is seen.
GpuMemory unwritten(std::size_t count) {
    return upload(std::vector<float>(count, std::nanf("")));
}

void compare(const std::vector<float>& found, const std::vector<double>& expected, const QString& what,
    double mostTolerance = kMostTolerance, double tolerance = kTolerance) {
    QCOMPARE(found.size(), expected.size());
    double error = 0.0;
    double total = 0.0;
    double worst = 0.0;
    for (std::size_t i = 0; i < found.size(); ++i) {
        const double difference = std::abs(found[i] - expected[i]);
        error += difference * difference;
        total += expected[i] * expected[i];
        worst = std::isnan(difference) ? 1e30 : std::max(worst, difference);
    }
    const double root = std::sqrt(total / static_cast<double>(found.size()));
    const QString text = QString("%1: relative error %2, worst %3 of the root mean square")
                             .arg(what)
                             .arg(std::sqrt(error / total))
                             .arg(worst / root);
    QVERIFY2(std::sqrt(error / total) < tolerance, qPrintable(text));
    QVERIFY2(worst < mostTolerance * root, qPrintable(text));
    if (qEnvironmentVariableIsSet("STRATA_TEST_VERBOSE"))
        qInfo("%s", qPrintable(text));
}

// RMS norm of each row, with an epsilon of 1e-5.
void normalise(std::vector<float>& x, const std::vector<float>& weight) {
    for (std::size_t first = 0; first < x.size(); first += weight.size()) {
        double squares = 0.0;
        for (std::size_t c = 0; c < weight.size(); ++c)
            squares += double{x[first + c]} * x[first + c];
        const double scale = 1.0 / std::sqrt(squares / static_cast<double>(weight.size()) + 1e-5);
        for (std::size_t c = 0; c < weight.size(); ++c)
            x[first + c] = static_cast<float>(x[first + c] * scale * weight[c]);
    }
}

double silu(double x) {
    return x / (1.0 + std::exp(-x));
}

} // namespace

class TestCudaMatmul : public QObject {
    Q_OBJECT
private slots:
    void initTestCase();
    void everyFormatMatches_data();
    void everyFormatMatches();
    void splitColumnsMatch();
    void sameCallGivesSameBits();
    void jobsOfOneInputMayDiffer();
    void gateAndUpAreFused_data();
    void gateAndUpAreFused();
    void inputIsNormalised();
    void tokensOfAnyMagnitudeKeepTheirPrecision();
    void onlyResultsAreWritten();
    void unfitColumnsAreRefused();
};

void TestCudaMatmul::initTestCase() {
    int count = 0;
    if (cudaGetDeviceCount(&count) != cudaSuccess || count == 0)
        QSKIP("no NVIDIA GPU here: products of many tokens are not tested");
}

void TestCudaMatmul::everyFormatMatches_data() {
    QTest::addColumn<int>("type");
    QTest::addColumn<uint>("rows");
    QTest::addColumn<uint>("columns");
    for (const QuantTraits& format : allQuantTraits()) {
        const auto row = [&](uint rows, uint columns) {
            const std::string name =
                std::string(format.name) + " " + std::to_string(rows) + "x" + std::to_string(columns);
            QTest::newRow(name.c_str()) << int(format.type) << rows << columns;
        };
        row(200, 1024);
        row(65, format.blockLength * 3); // not a whole step, rows at every alignment
        row(1, format.blockLength);
        if (format.blockLength == 32)
            row(130, 544);
        if (format.blockLength == 1) {
            row(130, 171);
            row(65, 172);
        }
    }
}

void TestCudaMatmul::everyFormatMatches() {
    QFETCH(const int, type);
    QFETCH(const uint, rows);
    QFETCH(const uint, columns);
    const Matrix matrix(static_cast<QuantType>(type), rows, columns, 1);
    for (const std::uint32_t m : {1u, 9u, 33u, 64u, 130u}) {
        const std::vector<float> x = noise(std::size_t{m} * columns, m, 1.0f);
        const Gpu gpu(columns, m);
        const GpuMemory input = upload(x);
        const GpuMemory y = unwritten(std::size_t{m} * rows);
        prepareRows(gpu.launch, input.as<float>(), m, columns, gpu.scratch.data());
        const ProductJob job{matrix.weights(), nullptr, y.as<float>(), false};
        multiplyMany(gpu.launch, {&job, 1}, gpu.scratch.data(), m);
        compare(download(y), matrix.times(x, m), QString("%1 tokens").arg(m));
        if (QTest::currentTestFailed())
            return;
    }
}

void TestCudaMatmul::splitColumnsMatch() {
    const std::uint32_t columns = 8192;
    for (const QuantType type : {QuantType::Q4_K, QuantType::Q8_0, QuantType::F16}) {
        const Matrix matrix(type, 70, columns, 2);
        for (const std::uint32_t m : {12u, 50u, 150u}) {
            const std::vector<float> x = noise(std::size_t{m} * columns, m, 1.0f);
            const Gpu gpu(columns, m);
            const GpuMemory input = upload(x);
            prepareRows(gpu.launch, input.as<float>(), m, columns, gpu.scratch.data());
            for (int round = 0; round < 2; ++round) { // the second finds the counts of the first gone
                const GpuMemory y = unwritten(std::size_t{m} * matrix.rows);
                const ProductJob job{matrix.weights(), nullptr, y.as<float>(), false};
                multiplyMany(gpu.launch, {&job, 1}, gpu.scratch.data(), m);
                compare(download(y), matrix.times(x, m), QString("%1 tokens").arg(m));
            }
        }
    }
}

void TestCudaMatmul::sameCallGivesSameBits() {
    const std::uint32_t columns = 4096, m = 40;
    const Matrix matrix(QuantType::Q6_K, 300, columns, 3);
    const Gpu gpu(columns, m);
    const GpuMemory input = upload(noise(std::size_t{m} * columns, 4, 1.0f));
    std::vector<float> first;
    for (int round = 0; round < 20; ++round) {
        const GpuMemory y = unwritten(std::size_t{m} * matrix.rows);
        prepareRows(gpu.launch, input.as<float>(), m, columns, gpu.scratch.data());
        const ProductJob job{matrix.weights(), nullptr, y.as<float>(), false};
        multiplyMany(gpu.launch, {&job, 1}, gpu.scratch.data(), m);
        const std::vector<float> found = download(y);
        if (round == 0)
            first = found;
        QVERIFY(std::memcmp(first.data(), found.data(), found.size() * sizeof(float)) == 0);
    }
}

void TestCudaMatmul::jobsOfOneInputMayDiffer() {
    const std::uint32_t columns = 512, m = 140;
    const Matrix q(QuantType::Q4_K, 256, columns, 5);
    const Matrix k(QuantType::Q6_K, 100, columns, 6);
    const Matrix v(QuantType::Q4_K, 77, columns, 7);
    const std::vector<float> x = noise(std::size_t{m} * columns, 8, 1.0f);
    const std::vector<float> bias = noise(256, 9, 1.0f);
    const std::vector<float> before = noise(std::size_t{m} * v.rows, 10, 1.0f);
    const Gpu gpu(columns, m);
    const GpuMemory input = upload(x), deviceBias = upload(bias);
    const GpuMemory yq = unwritten(std::size_t{m} * q.rows), yk = unwritten(std::size_t{m} * k.rows);
    const GpuMemory yv = upload(before);
    prepareRows(gpu.launch, input.as<float>(), m, columns, gpu.scratch.data());
    const ProductJob jobs[] = {{q.weights(), deviceBias.as<float>(), yq.as<float>(), false},
        {k.weights(), nullptr, yk.as<float>(), false}, {v.weights(), deviceBias.as<float>(), yv.as<float>(), true}};
    multiplyMany(gpu.launch, jobs, gpu.scratch.data(), m);
    std::vector<double> expected = q.times(x, m);
    for (std::size_t i = 0; i < expected.size(); ++i)
        expected[i] += bias[i % q.rows];
    compare(download(yq), expected, "with a bias");
    compare(download(yk), k.times(x, m), "another format");
    expected = v.times(x, m);
    for (std::size_t i = 0; i < expected.size(); ++i)
        expected[i] += bias[i % v.rows] + before[i];
    compare(download(yv), expected, "added");
}

void TestCudaMatmul::gateAndUpAreFused_data() {
    QTest::addColumn<int>("gateType");
    QTest::addColumn<int>("upType");
    QTest::addColumn<uint>("rows");
    QTest::addColumn<uint>("columns");
    for (const QuantTraits& format : allQuantTraits())
        QTest::newRow(std::string(format.name).c_str()) << int(format.type) << int(format.type) << 172u << 256u;
    QTest::newRow("two formats") << int(QuantType::Q4_K) << int(QuantType::Q5_K) << 172u << 256u;
    QTest::newRow("split columns") << int(QuantType::Q4_K) << int(QuantType::Q4_K) << 70u << 4096u;
}

void TestCudaMatmul::gateAndUpAreFused() {
    QFETCH(const int, gateType);
    QFETCH(const int, upType);
    QFETCH(const uint, rows);
    QFETCH(const uint, columns);
    const Matrix gate(static_cast<QuantType>(gateType), rows, columns, 11);
    const Matrix up(static_cast<QuantType>(upType), rows, columns, 12);
    const std::vector<float> bias = noise(rows, 13, 0.5f);
    const GpuMemory deviceBias = upload(bias);
    for (const std::uint32_t m : {17u, 60u, 129u}) {
        const std::vector<float> x = noise(std::size_t{m} * columns, 14, 1.0f);
        const Gpu gpu(columns, m);
        const GpuMemory input = upload(x);
        const GpuMemory y = unwritten(std::size_t{m} * rows);
        prepareRows(gpu.launch, input.as<float>(), m, columns, gpu.scratch.data());
        multiplyGateUpMany(gpu.launch, {gate.weights(), nullptr, y.as<float>(), false},
            {up.weights(), deviceBias.as<float>(), nullptr, false}, gpu.scratch.data(), m);
        std::vector<double> expected = up.times(x, m);
        const std::vector<double> gates = gate.times(x, m);
        for (std::size_t i = 0; i < expected.size(); ++i)
            expected[i] = (expected[i] + bias[i % rows]) * silu(gates[i]);
        compare(download(y), expected, QString("%1 tokens").arg(m), 3 * kMostTolerance); // products have long tails
    }
}

void TestCudaMatmul::inputIsNormalised() {
    const std::uint32_t columns = 1024, m = 20;
    const Matrix matrix(QuantType::Q8_0, 128, columns, 15);
    std::vector<float> x = noise(std::size_t{m} * columns, 16, 30.0f);
    const std::vector<float> weight = noise(columns, 17, 1.0f);
    const Gpu gpu(columns, m);
    const GpuMemory input = upload(x), deviceWeight = upload(weight);
    const GpuMemory y = unwritten(std::size_t{m} * matrix.rows);
    prepareNormalisedRows(
        gpu.launch, input.as<float>(), deviceWeight.as<float>(), 1e-5f, m, columns, gpu.scratch.data());
    const ProductJob job{matrix.weights(), nullptr, y.as<float>(), false};
    multiplyMany(gpu.launch, {&job, 1}, gpu.scratch.data(), m);
    normalise(x, weight);
    compare(download(y), matrix.times(x, m), "behind the norm");
}

// Each token is scaled for itself: neither what would overflow f16 nor what would vanish in it is lost.
void TestCudaMatmul::tokensOfAnyMagnitudeKeepTheirPrecision() {
    const std::uint32_t columns = 256, m = 24, rows = 64;
    const Matrix matrix(QuantType::Q5_1, rows, columns, 18);
    std::vector<float> x = noise(std::size_t{m} * columns, 19, 1.0f);
    for (std::uint32_t t = 0; t < m; ++t)
        for (std::uint32_t c = 0; c < columns; ++c)
            x[std::size_t{t} * columns + c] *= t == 0 ? 0.0f : std::ldexp(1.0f, static_cast<int>(t) * 4 - 48);
    const Gpu gpu(columns, m);
    const GpuMemory input = upload(x);
    const GpuMemory y = unwritten(std::size_t{m} * rows);
    prepareRows(gpu.launch, input.as<float>(), m, columns, gpu.scratch.data());
    const ProductJob job{matrix.weights(), nullptr, y.as<float>(), false};
    multiplyMany(gpu.launch, {&job, 1}, gpu.scratch.data(), m);
    const std::vector<float> found = download(y);
    const std::vector<double> expected = matrix.times(x, m);
    QVERIFY(std::all_of(found.begin(), found.begin() + rows, [](float value) { return value == 0.0f; }));
    for (std::uint32_t t = 1; t < m; ++t)
        compare({found.begin() + t * rows, found.begin() + (t + 1) * rows},
            {expected.begin() + t * rows, expected.begin() + (t + 1) * rows}, QString("token %1").arg(t));
}

void TestCudaMatmul::onlyResultsAreWritten() {
    const std::uint32_t columns = 288, m = 33, rows = 100;
    const Matrix matrix(QuantType::Q4_0, rows, columns, 20);
    const Gpu gpu(columns, m);
    const std::size_t bytes = gpu.scratch.byteCount();
    GpuMemory scratch(bytes + 256);
    checkCuda(cudaMemset(scratch.data(), 0, bytes), "test");
    checkCuda(cudaMemset(scratch.data() + bytes, 0x5a, 256), "test");
    const GpuMemory input = upload(noise(std::size_t{m} * columns, 21, 1.0f));
    const GpuMemory y = unwritten(std::size_t{m + 1} * rows);
    prepareRows(gpu.launch, input.as<float>(), m, columns, scratch.data());
    const ProductJob job{matrix.weights(), nullptr, y.as<float>(), false};
    multiplyMany(gpu.launch, {&job, 1}, scratch.data(), m);
    const std::vector<float> found = download(y);
    for (std::size_t i = 0; i < found.size(); ++i)
        QCOMPARE(std::isnan(found[i]), i >= std::size_t{m} * rows);
    std::vector<unsigned char> guard(256);
    checkCuda(cudaMemcpy(guard.data(), scratch.data() + bytes, 256, cudaMemcpyDeviceToHost), "test");
    QVERIFY(std::all_of(guard.begin(), guard.end(), [](unsigned char byte) { return byte == 0x5a; }));
}

void TestCudaMatmul::unfitColumnsAreRefused() {
    const Gpu gpu(512, 16);
    const Matrix first(QuantType::Q4_K, 8, 512, 22), second(QuantType::Q4_K, 8, 256, 23);
    const GpuMemory y = unwritten(16 * 8);
    const ProductJob jobs[] = {
        {first.weights(), nullptr, y.as<float>(), false}, {second.weights(), nullptr, y.as<float>(), false}};
    QVERIFY_EXCEPTION_THROWN(multiplyMany(gpu.launch, jobs, gpu.scratch.data(), 16), Error);
    QVERIFY_EXCEPTION_THROWN(multiplyMany(gpu.launch, {}, gpu.scratch.data(), 16), Error);
}

QTEST_GUILESS_MAIN(TestCudaMatmul)
#include "tst_cuda_matmul.moc"
