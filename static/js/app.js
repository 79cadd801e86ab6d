/* What every page loads. Each part works on the HTML it finds; without any of it the pages still work. */
import './theme.js';
import './dialogs.js';
import './requests.js';
import './list.js';
import './rating.js';
import './keys.js';
import './palette.js';
import './person.js';
