// What the desk's pages need beyond htmx: keys. Words of a call are never put into the page here.
"use strict";
