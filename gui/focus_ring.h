// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

class QWidget;

// Draws a line round the list or the text in `window` that has the keyboard, for the style marks fields and buttons
// only. Works as long as the window lives. Whatever shows its focus itself says so with the property
// kShowsOwnFocus = true.
void markFocusedAreas(QWidget& window);

inline constexpr char kShowsOwnFocus[] = "showsOwnFocus";
