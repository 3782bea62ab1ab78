# Finds QCustomPlot built for Qt 6, after Qt6::Widgets and Qt6::PrintSupport were found: QCustomPlot::QCustomPlot.
# Of its own, since packages name the library differently, and some bring no CMake files: Debian and Ubuntu have
# libQCustomPlotQt6 beside a libQCustomPlot for Qt 5, others only the one.
find_path(QCustomPlot_INCLUDE_DIR qcustomplot.h)
find_library(QCustomPlot_LIBRARY NAMES QCustomPlotQt6 qcustomplot-qt6 qcustomplot6)
if(QCustomPlot_INCLUDE_DIR)
  file(STRINGS ${QCustomPlot_INCLUDE_DIR}/qcustomplot.h line REGEX "define QCUSTOMPLOT_VERSION_STR")
  string(REGEX MATCH "[0-9.]+" QCustomPlot_VERSION "${line}")
endif()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(QCustomPlot
  REQUIRED_VARS QCustomPlot_LIBRARY QCustomPlot_INCLUDE_DIR VERSION_VAR QCustomPlot_VERSION
  REASON_FAILURE_MESSAGE "install libqcustomplot-dev, which has it for Qt 6, or build without the window: STRATA_GUI=OFF")
mark_as_advanced(QCustomPlot_INCLUDE_DIR QCustomPlot_LIBRARY)

if(QCustomPlot_FOUND AND NOT TARGET QCustomPlot::QCustomPlot)
  add_library(QCustomPlot::QCustomPlot UNKNOWN IMPORTED)
  set_target_properties(QCustomPlot::QCustomPlot PROPERTIES
    IMPORTED_LOCATION ${QCustomPlot_LIBRARY}
    INTERFACE_INCLUDE_DIRECTORIES ${QCustomPlot_INCLUDE_DIR}
    INTERFACE_LINK_LIBRARIES "Qt6::Widgets;Qt6::PrintSupport")
endif()
