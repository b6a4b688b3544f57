// Sets V8 up before anything else is loaded. While the process warms up, V8 would decide to allocate the short-lived objects
// of an exchange as if they lived for ever; what is dead then keeps its neighbours alive until a full collection. Without that
// guess an exchange costs some 10 % less CPU (`npm run bench`, the JSON row, one build against the other).
import { setFlagsFromString } from 'node:v8'

setFlagsFromString('--no-allocation-site-pretenuring')
