// SPDX-License-Identifier: GPL-3.0-or-later
// A GPU that fails in the middle of a reply: one sentence, the CPU goes on, and the GPU can be opened again.
#include "core/base/error.h"
#include "core/cpu/cpu_backend.h"
#include "cuda/cuda_backend.h"
#include "tests/cuda/faulting_kernel.h"
#include "tests/cuda/model_rig.h"
#include "tests/support/tiny_model.h"

#include <QTemporaryDir>
#include <QtTest>

using namespace strata;

class TestCudaFailure : public QObject {
    Q_OBJECT
private slots:
    void initTestCase();
    void aFailedComputationIsAnErrorAndTheProgramGoesOn();
};

void TestCudaFailure::initTestCase() {
    if (cudaBackends().empty())
        QSKIP("no NVIDIA GPU to compute on here");
}

void TestCudaFailure::aFailedComputationIsAnErrorAndTheProgramGoesOn() {
    const BackendChoice device = cudaBackends().front();
    const QTemporaryDir folder;
    const auto path = writeTinyModel(folder.path().toStdString());
    ModelRig cpu(path, cpuBackend(2));
    const Logits expected = cpu.append(someIds(5)).back();
    {
        ModelRig gpu(path, device);
        gpu.append(someIds(5));
        launchFault();
        try {
            for (int step = 0; step < 3; ++step) // what was asked before the fault may still be answered
                gpu.append(someIds(1));
            QFAIL("expected an error");
        } catch (const Error& error) {
            QCOMPARE(int(error.code()), int(ErrorCode::Device));
            QVERIFY2(QString(error.what()).startsWith("GPU, "), error.what());
        }
    } // unloading does not throw
    cpu.cache.truncate(0);
    QCOMPARE(cpu.append(someIds(5)).back(), expected);
    QVERIFY(!cudaBackends().empty()); // the list does not lose it
    try {                             // drivers differ in whether a process gets the GPU back
        ModelRig again(path, device);
        QVERIFY(relativeError(again.append(someIds(5)).back(), expected) < 2e-3);
        qInfo("the GPU was opened again");
    } catch (const Error& error) {
        QCOMPARE(int(error.code()), int(ErrorCode::Device));
        QVERIFY2(QString(error.what()).contains("started again"), error.what());
        qInfo("%s", error.what());
    }
}

QTEST_GUILESS_MAIN(TestCudaFailure)
#include "tst_cuda_failure.moc"
