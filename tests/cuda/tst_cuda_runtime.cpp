// SPDX-License-Identifier: GPL-3.0-or-later
// What the CUDA runtime says, put into our errors. Nothing here needs a GPU save what says so.
#include "core/base/error.h"
#include "cuda/cuda_backend.h"
#include "cuda/runtime/check.h"
#include "cuda/runtime/memory.h"

#include <QtTest>

#include <string>

using namespace strata;

class TestCudaRuntime : public QObject {
    Q_OBJECT
private slots:
    void errorsBecomeSentences_data();
    void errorsBecomeSentences();
    void successIsSilent();
    void tooMuchMemoryIsRefusedWithBothSizes();
};

void TestCudaRuntime::errorsBecomeSentences_data() {
    QTest::addColumn<int>("status");
    QTest::addColumn<int>("code");
    QTest::addColumn<QString>("part");
    const auto row = [](const char* name, cudaError_t status, ErrorCode code, const char* part) {
        QTest::newRow(name) << int(status) << int(code) << QString(part);
    };
    row("memory", cudaErrorMemoryAllocation, ErrorCode::OutOfMemory, "memory does not suffice");
    row("none", cudaErrorNoDevice, ErrorCode::Device, "no NVIDIA GPU");
    row("driver", cudaErrorInsufficientDriver, ErrorCode::Device, "driver is missing or older");
    row("code", cudaErrorNoKernelImageForDevice, ErrorCode::Device, "no code for this GPU");
    row("launch", cudaErrorIllegalAddress, ErrorCode::Device, "computation on the GPU failed");
    row("lost", cudaErrorUnknown, ErrorCode::Device, "failed or was lost");
}

void TestCudaRuntime::errorsBecomeSentences() {
    QFETCH(const int, status);
    QFETCH(const int, code);
    QFETCH(const QString, part);
    try {
        cuda::checkCuda(static_cast<cudaError_t>(status), "copying weights");
        QFAIL("expected an error");
    } catch (const Error& error) {
        QCOMPARE(int(error.code()), code);
        QVERIFY2(QString(error.what()).contains(part), error.what());
        QVERIFY2(QString(error.what()).contains("copying weights"), error.what());
    }
}

void TestCudaRuntime::successIsSilent() {
    cuda::checkCuda(cudaSuccess, "copying weights");
    QVERIFY(cuda::explainCuda(cudaSuccess).empty());
}

void TestCudaRuntime::tooMuchMemoryIsRefusedWithBothSizes() {
    if (cudaDevices().empty())
        QSKIP("no NVIDIA GPU here");
    try {
        cuda::GpuMemory memory(std::size_t(1) << 50);
        QFAIL("expected an error");
    } catch (const Error& error) {
        QCOMPARE(int(error.code()), int(ErrorCode::OutOfMemory));
        QVERIFY2(QString(error.what()).contains("are free"), error.what());
    }
    cuda::GpuMemory small(100); // the device goes on working
    QVERIFY(small.data() != nullptr);
}

QTEST_GUILESS_MAIN(TestCudaRuntime)
#include "tst_cuda_runtime.moc"
