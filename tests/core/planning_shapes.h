// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model/architectures.h"
#include "core/model/model.h"
#include "core/synth/synth.h"
#include "core/tier/profile_file.h"
#include "core/tier/tier_planner.h"

#include <QTemporaryDir>

#include <map>
#include <optional>
#include <string>
#include <vector>

// Models and machines that tests plan for.
namespace strata {

inline constexpr std::uint64_t kPlenty = 500'000'000'000;

// What planning needs of a model, from a header alone.
struct Shape {
    std::string path;
    ModelSpec spec;
    std::vector<WeightBlock> blocks;

    PlanningModel model() const { return {path, blocks, spec}; }
};

inline MachineProfile profileNamed(const QString& name) {
    return readProfile((STRATA_TEST_DATA "/profiles/" + name + ".profile").toStdString());
}

inline TierBudgets budgetsOf(const Shape& shape, std::uint64_t vram, std::uint64_t ram, std::uint32_t context = 512) {
    TierBudgets budgets{.vram = std::nullopt, .ram = {.freeBytes = ram}, .contextTokens = context};
    if (vram > 0)
        budgets.vram = TierBudget{.freeBytes = vram};
    (budgets.vram ? *budgets.vram : budgets.ram).cacheBytes = contextBytes(shape.spec, QuantType::F16, context);
    return budgets;
}

// Models of synth's shapes, by their headers alone. Each is made once.
class ShapeFolder {
public:
    const Shape& get(const std::string& preset, const std::string& quant) {
        Shape& shape = m_shapes[preset + quant];
        if (!shape.blocks.empty())
            return shape;
        shape.path = m_folder.filePath(QString::fromStdString(preset + quant)).toStdString();
        synthesize({.preset = preset, .quant = quant, .path = shape.path, .seed = 1, .hasMatrices = false});
        const GgufFile file(shape.path);
        shape.spec = architectureOf(file).readSpec(file);
        shape.blocks = listBlocks(file, shape.spec);
        return shape;
    }

private:
    QTemporaryDir m_folder;
    std::map<std::string, Shape> m_shapes;
};

} // namespace strata
