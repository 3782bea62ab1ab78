// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>

class Settings;

// What to open without being asked; empty: nothing. The last model where the settings say so; else the model that comes
// with the program, until the person has moved on to one of their own.
QString modelAtStart(const Settings& settings, const QString& builtInFolder);
