// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>

class Settings;

// Where a dialog for models begins: in the folder used last, else the first watched one, else that of downloads, else
// at home.
QString startFolder(const Settings& settings);
void rememberFolder(Settings& settings, const QString& chosen); // a folder, or a file in it
