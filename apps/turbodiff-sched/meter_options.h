// The options of the meter, from the settings.
#pragma once

#include "meter/meter.h"
#include "queue.h"

namespace turbodiff::app {

/// Error bad_request for settings that do not fit together.
meter::MeterOptions meter_options(Queue& queue);

}  // namespace turbodiff::app
