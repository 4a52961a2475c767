#pragma once
#ifdef __cplusplus
extern "C" {
#endif
int penstock_simdjson_linked(void);
#ifdef __cplusplus
}
#endif
