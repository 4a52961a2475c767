#include "csimdjson.h"
#include <simdjson.h>
extern "C" int penstock_simdjson_linked(void) { return simdjson::SIMDJSON_VERSION_MAJOR; }
