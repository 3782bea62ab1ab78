// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/models/plan_sentence.h"

#include <QtTest>

using strata::Tier;

namespace {

// A model of four layers, whose eight blocks rest in these tiers.
LoadedModel loadedIn(const std::vector<Tier>& tiers) {
    auto plan = std::make_shared<strata::Plan>();
    plan->layerCount = static_cast<std::uint32_t>(tiers.size() / 2);
    plan->blocks.emplace_back().kind = strata::BlockKind::Embedding;
    for (std::size_t i = 0; i < tiers.size(); ++i) {
        strata::PlannedBlock& block = plan->blocks.emplace_back();
        block.kind = i % 2 == 0 ? strata::BlockKind::Attention : strata::BlockKind::FeedForward;
        block.tier = tiers[i];
    }
    plan->blocks.emplace_back().kind = strata::BlockKind::Head;
    LoadedModel model;
    model.plan = plan;
    model.forecast.decodeTokensPerSecond = 6.31;
    return model;
}

} // namespace

class TestPlanSentence : public QObject {
    Q_OBJECT

private slots:
    void namesEveryTierThatIsUsed_data() {
        QTest::addColumn<std::vector<Tier>>("tiers");
        QTest::addColumn<QString>("sentence");
        using enum Tier;
        QTest::newRow("all in one memory") << std::vector<Tier>(8, Ram) << QString();
        QTest::newRow("two") << std::vector<Tier>{Vram, Vram, Vram, Vram, Vram, Vram, Ram, Ram}
                             << QStringLiteral("3 of 4 layers in graphics memory (VRAM), 1 in RAM");
        QTest::newRow("halves") << std::vector<Tier>{Vram, Vram, Vram, Ram, Vram, Ram, Vram, Disk}
                                << QStringLiteral("2½ of 4 layers in graphics memory (VRAM), 1 in RAM, ½ on disk");
        QTest::newRow("without a GPU") << std::vector<Tier>{Ram, Ram, Ram, Disk, Ram, Ram, Disk, Disk}
                                       << QStringLiteral("2½ of 4 layers in RAM, 1½ on disk");
    }
    void namesEveryTierThatIsUsed() {
        QFETCH(std::vector<Tier>, tiers);
        QFETCH(QString, sentence);
        QCOMPARE(planSentence(loadedIn(tiers)), sentence);
    }

    void foretellsOnlyFromMeasuredFigures() {
        LoadedModel model = loadedIn({Tier::Vram, Tier::Ram});
        QVERIFY(!planSentence(model).contains(QStringLiteral("tok/s")));
        model.isMeasured = true;
        QVERIFY(planSentence(model).endsWith(QStringLiteral(", about 6.3 tok/s")));
    }
};

QTEST_APPLESS_MAIN(TestPlanSentence)
#include "tst_plan_sentence.moc"
