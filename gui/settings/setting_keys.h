// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/settings/settings.h"

// Every setting of the window, one a line.
namespace setting {

inline const Setting<QString> theme{"window/theme", QStringLiteral("system")}; // system, light, dark
inline const Setting<QByteArray> windowGeometry{"window/geometry"};
inline const Setting<QByteArray> windowState{"window/docks"};
inline const Setting<QStringList> watchedFolders{"models/folders"};
inline const Setting<QStringList> recentModels{"models/recent"};         // newest first
inline const Setting<QString> lastFolder{"models/last_folder"};          // of a dialog; empty: none yet
inline const Setting<QString> toldOfNoGpuOn{"window/told_of_no_gpu_on"}; // which machine; empty: none
inline const Setting<int> contextTokens{"models/context_tokens", 0};     // 0: automatic
inline const Setting<QString> cacheType{"models/cache_type", QStringLiteral("f16")}; // of keys and values; or q8_0
inline const Setting<QStringList> memoryCaps{"models/memory_caps"};      // a row a machine; see LoadChoices
inline const Setting<QString> deviceId{"models/device"};                 // empty: the best there is
inline const Setting<bool> loadsLastModel{"models/load_last", false};    // at start
inline const Setting<bool> sendWithEnter{"chat/send_with_enter", true};  // else Ctrl+Enter alone
inline const Setting<QStringList> otherCurves{"telemetry/other_curves"};  // shown or not, unlike at first
inline const Setting<int> telemetrySpan{"telemetry/seconds", 60};        // that plots show
inline const Setting<QString> hubAddress{"downloads/hub", QStringLiteral("https://huggingface.co")};
inline const Setting<QString> downloadFolder{"downloads/folder"};       // of the next one; empty: see startFolder
inline const Setting<QStringList> downloadFolders{"downloads/folders"}; // where there may be some
inline const Setting<int> downloadsAtOnce{"downloads/at_once", 2};

} // namespace setting
